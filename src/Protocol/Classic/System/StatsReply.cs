namespace Iggy.Protocol.Classic;

/// <summary>Reply to <see cref="CommandCode.GetStats"/>. Fields in the order of the wire; the texts start at byte 108.</summary>
/// <remarks>Between version and threads lies a list of cache figures. It is sent empty, as release 0.8.0 does, for one SDK misreads longer
/// ones; what another server sends there is skipped.</remarks>
public sealed record StatsReply : IWireValue<StatsReply>
{
    // u32 stream, topic, partition; u64 hits, misses; f32 ratio
    private const int CacheFiguresBytes = 32;

    /// <summary>Process id.</summary>
    public uint ProcessId { get; init; }

    /// <summary>Processor use of the process, in percent of one core.</summary>
    public float CpuPercent { get; init; }

    /// <summary>Processor use of the machine, in percent.</summary>
    public float TotalCpuPercent { get; init; }

    /// <summary>Memory of the process.</summary>
    public ulong MemoryBytes { get; init; }

    /// <summary>Memory of the machine.</summary>
    public ulong TotalMemoryBytes { get; init; }

    /// <summary>Memory still free.</summary>
    public ulong AvailableMemoryBytes { get; init; }

    /// <summary>Since the start.</summary>
    public ulong RunTimeMicros { get; init; }

    /// <summary>The start, since the Unix epoch.</summary>
    public ulong StartTimeMicros { get; init; }

    /// <summary>Read by the process.</summary>
    public ulong ReadBytes { get; init; }

    /// <summary>Written by the process.</summary>
    public ulong WrittenBytes { get; init; }

    /// <summary>Bytes of all messages kept.</summary>
    public ulong MessagesSizeBytes { get; init; }

    /// <summary>Streams.</summary>
    public uint StreamsCount { get; init; }

    /// <summary>Topics.</summary>
    public uint TopicsCount { get; init; }

    /// <summary>Partitions.</summary>
    public uint PartitionsCount { get; init; }

    /// <summary>Segments.</summary>
    public uint SegmentsCount { get; init; }

    /// <summary>Messages kept.</summary>
    public ulong MessagesCount { get; init; }

    /// <summary>Clients.</summary>
    public uint ClientsCount { get; init; }

    /// <summary>Consumer groups.</summary>
    public uint ConsumerGroupsCount { get; init; }

    /// <summary>The machine; may be empty, as the next three.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Operating system.</summary>
    public string OsName { get; init; } = "";

    /// <summary>Its version.</summary>
    public string OsVersion { get; init; } = "";

    /// <summary>Its kernel.</summary>
    public string KernelVersion { get; init; } = "";

    /// <summary>Release that the server is compatible with.</summary>
    public string ServerVersion { get; init; } = "";

    /// <summary>Major x 1,000,000 + minor x 1,000 + patch; 0 for unknown.</summary>
    public uint ServerSemver { get; init; }

    /// <summary>Threads of the process.</summary>
    public uint ThreadsCount { get; init; }

    /// <summary>Free on the disk of the data folder.</summary>
    public ulong FreeDiskBytes { get; init; }

    /// <summary>Size of that disk.</summary>
    public ulong TotalDiskBytes { get; init; }

    /// <inheritdoc/>
    public static StatsReply Read(ref WireReader reader) => new()
    {
        ProcessId = reader.U32(),
        CpuPercent = reader.F32(),
        TotalCpuPercent = reader.F32(),
        MemoryBytes = reader.U64(),
        TotalMemoryBytes = reader.U64(),
        AvailableMemoryBytes = reader.U64(),
        RunTimeMicros = reader.U64(),
        StartTimeMicros = reader.U64(),
        ReadBytes = reader.U64(),
        WrittenBytes = reader.U64(),
        MessagesSizeBytes = reader.U64(),
        StreamsCount = reader.U32(),
        TopicsCount = reader.U32(),
        PartitionsCount = reader.U32(),
        SegmentsCount = reader.U32(),
        MessagesCount = reader.U64(),
        ClientsCount = reader.U32(),
        ConsumerGroupsCount = reader.U32(),
        Hostname = reader.Str32(),
        OsName = reader.Str32(),
        OsVersion = reader.Str32(),
        KernelVersion = reader.Str32(),
        ServerVersion = reader.Str32(),
        ServerSemver = reader.U32(),
        ThreadsCount = ReadThreadsAfterCacheFigures(ref reader),
        FreeDiskBytes = reader.U64(),
        TotalDiskBytes = reader.U64(),
    };

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(ProcessId);
        writer.F32(CpuPercent);
        writer.F32(TotalCpuPercent);
        writer.U64(MemoryBytes);
        writer.U64(TotalMemoryBytes);
        writer.U64(AvailableMemoryBytes);
        writer.U64(RunTimeMicros);
        writer.U64(StartTimeMicros);
        writer.U64(ReadBytes);
        writer.U64(WrittenBytes);
        writer.U64(MessagesSizeBytes);
        writer.U32(StreamsCount);
        writer.U32(TopicsCount);
        writer.U32(PartitionsCount);
        writer.U32(SegmentsCount);
        writer.U64(MessagesCount);
        writer.U32(ClientsCount);
        writer.U32(ConsumerGroupsCount);
        writer.Str32(Hostname);
        writer.Str32(OsName);
        writer.Str32(OsVersion);
        writer.Str32(KernelVersion);
        writer.Str32(ServerVersion);
        writer.U32(ServerSemver);
        writer.U32(0); // cache figures
        writer.U32(ThreadsCount);
        writer.U64(FreeDiskBytes);
        writer.U64(TotalDiskBytes);
    }

    private static uint ReadThreadsAfterCacheFigures(ref WireReader reader)
    {
        reader.Bytes((uint)(reader.Count(CacheFiguresBytes) * CacheFiguresBytes)); // no overflow: the count was judged by what is there
        return reader.U32();
    }
}
