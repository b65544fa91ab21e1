using System.ComponentModel.DataAnnotations;
using Iggy.Storage;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Where and how a server keeps its data. Section <c>Iggy:Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Storage";

    /// <summary>Folder of everything the server keeps; made absolute, created if absent. Default <c>local_data</c>, as Apache Iggy's
    /// <c>system.path</c>.</summary>
    [Required]
    public string DataPath { get; set => field = string.IsNullOrWhiteSpace(value) ? "" : Path.GetFullPath(value); } = Path.GetFullPath("local_data");

    /// <summary>Bytes of messages from which a segment is closed. 512 bytes to 1 GiB, default 1 GiB, as Apache Iggy's <c>system.segment.size</c>.</summary>
    [Range(512, 1 << 30)]
    public long SegmentBytes { get; set; } = 1 << 30;

    /// <summary>What an answered append, and a stored offset, that of an auto-commit included, survives: <c>None</c> a kill of the server, <c>Interval</c> also a power cut some <see cref="FlushInterval"/>
    /// later, <c>Always</c> a power cut at once. Default <c>None</c>.</summary>
    [EnumDataType(typeof(DurabilityMode))]
    public DurabilityMode Durability { get; set; } = DurabilityMode.None;

    /// <summary>Longest time between a write and its sync with durability <c>Interval</c>. 1 ms to 1 hour, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How messages of a topic that asks for compression are packed on disk, whatever algorithm it names: <c>None</c>, <c>Lz4</c>, or
    /// <c>Zstd</c>, which takes more time for less space. Default <c>Lz4</c>. May be changed at any start; what is stored stays readable.</summary>
    [EnumDataType(typeof(RecordCodec))]
    public RecordCodec Compression { get; set; } = RecordCodec.Lz4;

    /// <summary>Whether topics that do not ask for compression are compressed too. Default false.</summary>
    public bool CompressAll { get; set; }

    /// <summary>How far a partition's append times may be ahead of the system's clock before they follow it back. Up to this they wait for it and
    /// never fall; beyond it the clock was wrong when they were given. 0 to 1 day, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxClockLead { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a change of the metadata may lie beside <c>metadata.db</c> before it is folded in, so that a copy of that file alone is no older than
    /// this. It is durable at once in any case. 100 ms to 1 hour, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MetadataCheckpointInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most consumers and groups whose offsets one partition keeps. 1 to 10,000,000, default 1,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxConsumersPerPartition { get; set; } = 1_000_000;

    /// <summary>Most idempotent producers whose sequence numbers one partition remembers; of more, the one is forgotten that wrote longest ago. 1 to 10,000,
    /// default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxProducersPerPartition { get; set; } = 1_000;
}

[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
