using System.ComponentModel.DataAnnotations;
using Iggy.Grains.Interfaces.Topics;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Bounds of the catalog and what a topic gets that asks for the server's default. Section <c>Iggy:Catalog</c>.</summary>
public sealed class CatalogOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Catalog";

    /// <summary>Most streams of the server. 1 to 1,000,000, default 4096, which is what Apache Iggy's ids have room for.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; set; } = 4096;

    /// <summary>Most topics of one stream. 1 to 1,000,000, default 4096, which is what Apache Iggy's ids have room for.</summary>
    [Range(1, 1_000_000)]
    public int MaxTopicsPerStream { get; set; } = 4096;

    /// <summary>Most partitions of one topic. 1 to 1,000,000, default 100,000; Apache Iggy has no bound but room for 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxPartitionsPerTopic { get; set; } = 100_000;

    /// <summary>Message age, in microseconds, of a topic that asks for the server's default. From 1; default never.</summary>
    [Range(1d, ulong.MaxValue)]
    public ulong DefaultMessageExpiryMicros { get; set; } = TopicSettings.Never;

    /// <summary>Size, in bytes, of a topic that asks for the server's default. At least one segment; default unlimited.</summary>
    [Range(512d, ulong.MaxValue)]
    public ulong DefaultMaxTopicBytes { get; set; } = TopicSettings.Unlimited;

    /// <summary>How long who deletes a stream, topic, partition, group or user waits for its files to be gone; then the answer comes, and the removal goes on.
    /// 1 ms to 25 s, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:25")]
    public TimeSpan RemovalWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a change waits for one gateway to hear of it before that gateway is dropped. 1 ms to 1 minute, default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan ObserverTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a gateway hears of changes without renewing. 1 s to 1 hour, default 2 minutes; gateways renew every 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ObserverExpiry { get; set; } = TimeSpan.FromMinutes(2);
}

[OptionsValidator]
internal sealed partial class CatalogOptionsValidator : IValidateOptions<CatalogOptions>;

/// <summary>A default that every topic would be refused for is refused at start.</summary>
internal sealed class TopicDefaultsValidator(IOptions<StorageOptions> storage) : IValidateOptions<CatalogOptions>
{
    public ValidateOptionsResult Validate(string? name, CatalogOptions options) =>
        options.DefaultMaxTopicBytes >= (ulong)storage.Value.SegmentBytes
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Iggy:Catalog:DefaultMaxTopicBytes is {options.DefaultMaxTopicBytes}; "
                + $"allowed: from Iggy:Storage:SegmentBytes, which is {storage.Value.SegmentBytes}.");
}
