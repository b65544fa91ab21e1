namespace Iggy.Replicas;

/// <summary>Settings of the replicas of one node. Immutable, so that all share one.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Most bytes of records in one frame, unless one append is larger. Default 1 MiB.</summary>
    public int PieceBytes { get; init; } = 1 << 20;

    /// <summary>Appends and stored offsets of one partition that may wait for a majority; beyond it they are refused. Default 10,000.</summary>
    public int MaxWaiting { get; init; } = 10_000;

    /// <summary>Changes of stored offsets that are kept for followers; one that is further behind gets the whole table. Default 4,096.</summary>
    public int MaxKeptChanges { get; init; } = 4096;

    /// <summary>A leader that has not heard from a majority for so long refuses appends at once. Default 3 s.</summary>
    public TimeSpan QuorumTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often each replica looks at what is due. Default 250 ms.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a leader says that it lives, and how much is committed, when it has nothing else to say. Default 1 s.</summary>
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What got no answer for so long is asked or sent again. Default 1 s.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);
}
