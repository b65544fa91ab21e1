using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>What <see cref="IggyProducer.SendAsync"/> does when the buffer is full.</summary>
public enum WhenFull
{
    /// <summary>Waits for room, as long as it takes or as <see cref="ProducerOptions.BlockTimeout"/> says.</summary>
    Block,

    /// <summary>Fails at once.</summary>
    Fail,
}

/// <summary>Where an <see cref="IggyProducer"/> sends, and how.</summary>
public sealed record ProducerOptions
{
    /// <summary>The stream.</summary>
    public required Identifier Stream { get; init; }

    /// <summary>The topic.</summary>
    public required Identifier Topic { get; init; }

    /// <summary>Who chooses the partition of each batch. Default: the server takes turns.</summary>
    public Partitioning Partitioning { get; init; } = Partitioning.Balanced;

    /// <summary>Most messages of a batch. Default 1000.</summary>
    public int BatchCount { get; init; } = 1000;

    /// <summary>Batches that may be under way without an answer, 1 to 64. More of them hide the way to the server and back; after a broken connection
    /// all of them are sent again, in order, and those that the server had stored are there twice unless it drops ids it knows. Over HTTP it is always one.
    /// Default 1.</summary>
    public int Window { get; init; } = 1;

    /// <summary>A batch is sent before its payloads and headers grow past this, unless it is one message. Default 1 MiB.</summary>
    public int BatchBytes { get; init; } = 1024 * 1024;

    /// <summary>Longest wait of a message for others to fill its batch; 0 sends what is there. Default 1 s, as the Apache Iggy SDKs.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Payloads and headers that may wait to be sent; a larger message waits until it is alone. Default 32 MiB.</summary>
    public long BufferBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>What happens when the buffer is full. Default: wait.</summary>
    public WhenFull WhenFull { get; init; } = WhenFull.Block;

    /// <summary>Longest wait for room; null for as long as it takes.</summary>
    public TimeSpan? BlockTimeout { get; init; }

    /// <summary>How often a batch is tried again after the connection broke or a reply did not come. Default 3.</summary>
    /// <remarks>The server may have stored it before: messages can then be there twice, unless the server drops ids it knows. Every message without an
    /// id gets one for this. 0 never sends anything twice.</remarks>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Wait before each retry. Default 1 s.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets each batch that was given up, with the reason; the messages may be kept. Without it, or where it
    /// throws, the next send or flush throws the reason. It must not wait for the producer.</summary>
    public Action<IReadOnlyList<Message>, Exception>? Lost { get; init; }

    /// <exception cref="ArgumentException">Names each setting, its value and what is allowed.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
                faults.Add($"{name} is {value}; allowed: {allowed}.");
        }

        Require(BatchCount > 0, nameof(BatchCount), BatchCount, "1 or more");
        Require(Window is > 0 and <= 64, nameof(Window), Window, "1 to 64");
        Require(BatchBytes > 0, nameof(BatchBytes), BatchBytes, "1 or more");
        Require(Linger >= TimeSpan.Zero, nameof(Linger), Linger, "0 or more");
        Require(BufferBytes > 0, nameof(BufferBytes), BufferBytes, "1 or more");
        Require(BlockTimeout is not { } limit || limit > TimeSpan.Zero, nameof(BlockTimeout), BlockTimeout ?? default, "more than 0, or null");
        Require(MaxRetries >= 0, nameof(MaxRetries), MaxRetries, "0 or more");
        Require(RetryInterval >= TimeSpan.Zero, nameof(RetryInterval), RetryInterval, "0 or more");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}
