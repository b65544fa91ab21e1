using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Messages;

/// <summary>What is read from a topic, and how far.</summary>
internal sealed record ReadPlan
{
    /// <summary>The stream.</summary>
    public required Identifier Stream { get; init; }

    /// <summary>The topic.</summary>
    public required Identifier Topic { get; init; }

    /// <summary>Its only partition to read; null for all, in the order in which something comes.</summary>
    public uint? Partition { get; init; }

    /// <summary>Who reads.</summary>
    public required Consumer Consumer { get; init; }

    /// <summary>Where each partition starts.</summary>
    public required PollingStrategy Start { get; init; }

    /// <summary>Most messages; null for no limit. With <see cref="PollingKind.Last"/> so many of each partition.</summary>
    public ulong? Count { get; init; }

    /// <summary>Whether to wait for more at the end, instead of leaving.</summary>
    public bool Follow { get; init; }

    /// <summary>When offsets are stored.</summary>
    public CommitMode Commit { get; init; }
}

/// <summary>How many messages the next poll asks for, so that a reply has about the same size whatever the messages are: a poll is held whole in memory.</summary>
internal sealed class BatchSize
{
    /// <summary>What is asked for before anything is known.</summary>
    public const uint First = 256;

    private const uint Most = 10_000;

    private const long GoalBytes = 2 * 1024 * 1024;

    /// <summary>Messages to ask for.</summary>
    public uint Count { get; private set; } = First;

    /// <summary>Learns from a reply.</summary>
    public void Learn(PolledMessages messages)
    {
        var bytes = 0L;
        foreach (var message in messages)
            bytes += message.Bytes.Length;
        if (bytes > 0)
            Count = (uint)Math.Clamp(GoalBytes * messages.Count / bytes, 1, Most);
    }
}
