using System.Text.Json.Serialization;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Http;

/// <summary>Figures of the server.</summary>
internal sealed record StatsShape
{
    public required uint ProcessId { get; init; }

    public required float CpuUsage { get; init; }

    public float TotalCpuUsage { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong MemoryUsage { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong TotalMemory { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong AvailableMemory { get; init; }

    public required ulong RunTime { get; init; }

    public required ulong StartTime { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong ReadBytes { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong WrittenBytes { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public required ulong MessagesSizeBytes { get; init; }

    public required uint StreamsCount { get; init; }

    public required uint TopicsCount { get; init; }

    public required uint PartitionsCount { get; init; }

    public required uint SegmentsCount { get; init; }

    public required ulong MessagesCount { get; init; }

    public required uint ClientsCount { get; init; }

    public required uint ConsumerGroupsCount { get; init; }

    public required string Hostname { get; init; }

    public required string OsName { get; init; }

    public required string OsVersion { get; init; }

    public required string KernelVersion { get; init; }

    public required string IggyServerVersion { get; init; }

    public uint? IggyServerSemver { get; init; }

    public uint ThreadsCount { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public ulong FreeDiskSpace { get; init; }

    [JsonConverter(typeof(SizeConverter))]
    public ulong TotalDiskSpace { get; init; }

    /// <summary>As the protocol has it.</summary>
    public StatsReply ToReply() => new()
    {
        ProcessId = ProcessId,
        CpuPercent = CpuUsage,
        TotalCpuPercent = TotalCpuUsage,
        MemoryBytes = MemoryUsage,
        TotalMemoryBytes = TotalMemory,
        AvailableMemoryBytes = AvailableMemory,
        RunTimeMicros = RunTime,
        StartTimeMicros = StartTime,
        ReadBytes = ReadBytes,
        WrittenBytes = WrittenBytes,
        MessagesSizeBytes = MessagesSizeBytes,
        StreamsCount = StreamsCount,
        TopicsCount = TopicsCount,
        PartitionsCount = PartitionsCount,
        SegmentsCount = SegmentsCount,
        MessagesCount = MessagesCount,
        ClientsCount = ClientsCount,
        ConsumerGroupsCount = ConsumerGroupsCount,
        Hostname = Hostname,
        OsName = OsName,
        OsVersion = OsVersion,
        KernelVersion = KernelVersion,
        ServerVersion = IggyServerVersion,
        ServerSemver = IggyServerSemver ?? 0,
        ThreadsCount = ThreadsCount,
        FreeDiskBytes = FreeDiskSpace,
        TotalDiskBytes = TotalDiskSpace,
    };
}
