using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>When <see cref="IggyClient.ConsumeAsync"/> stores how far it is.</summary>
public enum CommitMode
{
    /// <summary>Never.</summary>
    None,

    /// <summary>The server does, before the messages leave it: what is lost on the way does not come again.</summary>
    OnPoll,

    /// <summary>When the next batch is asked for: a batch whose handling fails comes again.</summary>
    AfterBatch,
}

/// <summary>What <see cref="IggyClient.ConsumeAsync"/> reads, and how.</summary>
public sealed record ConsumeOptions
{
    /// <summary>The stream.</summary>
    public required Identifier Stream { get; init; }

    /// <summary>The topic.</summary>
    public required Identifier Topic { get; init; }

    /// <summary>The partition, from 0.</summary>
    public required uint PartitionId { get; init; }

    /// <summary>Under whose name offsets are stored. Default: the single consumer number 0.</summary>
    public Consumer Consumer { get; init; } = new(ConsumerKind.Single, default);

    /// <summary>Where to start. Default: after the stored offset, or at the first message.</summary>
    public PollingStrategy Start { get; init; } = PollingStrategy.Next;

    /// <summary>Most messages of one poll, 1 or more. Default 1000.</summary>
    public uint BatchCount
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Allowed: 1 or more.");
    } = 1000;

    /// <summary>When offsets are stored. Default: never.</summary>
    public CommitMode Commit { get; init; }

    /// <summary>Whether to wait for more at the end of the partition, instead of leaving. Default: no.</summary>
    public bool Follow { get; init; }

    /// <summary>Wait after a poll that found nothing, when following, if the server can't wait for messages itself: see <see cref="IggyClientOptions.LongPolling"/>.
    /// Default 100 ms.</summary>
    public TimeSpan PollInterval
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Allowed: more than 0.");
    } = TimeSpan.FromMilliseconds(100);
}
