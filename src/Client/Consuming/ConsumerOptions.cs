using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>What an <see cref="IggyConsumer"/> reads, and how.</summary>
public sealed record ConsumerOptions
{
    /// <summary>The stream.</summary>
    public required Identifier Stream { get; init; }

    /// <summary>The topic.</summary>
    public required Identifier Topic { get; init; }

    /// <summary>Under whose name offsets are stored. Of the kind <see cref="ConsumerKind.Group"/> the consumer becomes a member of that group and reads
    /// the partitions that the server gives it. Default: the single consumer number 0.</summary>
    public Consumer Consumer { get; init; } = new(ConsumerKind.Single, default);

    /// <summary>The partition of a single consumer, from 0. A group's members read theirs instead.</summary>
    public uint PartitionId { get; init; }

    /// <summary>Several partitions of a single consumer, each once, instead of <see cref="PartitionId"/>. They are read in turns, each in its order; while
    /// one batch is handled up to three of other partitions are on their way.</summary>
    public IReadOnlyList<uint>? PartitionIds { get; init; }

    /// <summary>Where a single consumer starts, in each partition. Default: after the stored offset, or at the first message, which is also what groups do.</summary>
    public PollingStrategy Start { get; init; } = PollingStrategy.Next;

    /// <summary>When offsets are stored. Default: after all messages of a batch.</summary>
    public AutoCommit Commit { get; init; } = AutoCommit.AfterAll;

    /// <summary>Most messages of one poll, 1 or more. Default 1000.</summary>
    public uint BatchCount
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Allowed: 1 or more.");
    } = 1000;

    /// <summary>Whether to wait for more where nothing is left, instead of leaving. Default: yes.</summary>
    public bool Follow { get; init; } = true;

    /// <summary>Wait where nothing is left, when following, if the server can't wait for messages itself: see <see cref="IggyClientOptions.LongPolling"/>.
    /// Default 100 ms.</summary>
    public TimeSpan PollInterval
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Allowed: more than 0.");
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a group that is missing is made, if it is given by name. Default: yes.</summary>
    public bool CreateGroup { get; init; } = true;
}
