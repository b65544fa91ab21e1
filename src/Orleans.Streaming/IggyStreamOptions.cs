using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Orleans.Streaming;

/// <summary>Where a stream provider's events are: one topic, each partition of which is one queue.</summary>
public sealed class IggyStreamOptions
{
    /// <summary>Where the server is and who logs in, <c>iggy://user:password@host:port</c>; see <see cref="IggyClientOptions.Parse"/>.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The server's stream.</summary>
    public string Stream { get; set; } = "";

    /// <summary>The topic in it.</summary>
    public string Topic { get; set; } = "";

    /// <summary>Partitions of the topic if stream or topic are missing and have to be made; 0 makes nothing. Default 0.</summary>
    public uint CreatePartitions { get; set; }

    /// <summary>Namespace of Orleans streams whose messages name none, such as those of producers that know nothing of Orleans. Null for the topic's name.</summary>
    public string? Namespace { get; set; }

    /// <summary>Under which name it is stored how far all subscriptions are. One for each application that reads the topic. Null for <c>orleans-</c> and the provider's name.</summary>
    public string? Consumer { get; set; }

    /// <summary>Whether a partition that was never read starts at its first message; otherwise only what is sent from then on is read. Default true.</summary>
    public bool StartAtFirst { get; set; } = true;

    /// <summary>How events become payloads. Default: text and bytes as they are, everything else as JSON.</summary>
    public IIggyEventSerializer Serializer { get; set; } = new JsonEventSerializer();

    /// <summary>How often it is stored how far all subscriptions are. Default 1 s.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a subscription may hold the others of its partition up, once the messages in memory are too many; then it reads by itself. Default 1 s.</summary>
    public TimeSpan SlowAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Messages in memory for each partition, to which at most one poll is added. Default 4,096.</summary>
    public int CacheMessages { get; set; } = 4096;

    /// <summary>Bytes of their payloads. Default 16 MiB.</summary>
    public int CacheBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Bytes that subscriptions of a partition which read by themselves hold together; beyond it one message each. Default 16 MiB.</summary>
    public int ReaderBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Polls of such subscriptions at a time, for each partition. Default 4.</summary>
    public int MaxReaders { get; set; } = 4;

    /// <summary>Most messages of one poll. Default 1,000.</summary>
    public uint BatchCount { get; set; } = 1000;

    /// <summary>Changes what no connection string says; null for nothing.</summary>
    public Func<IggyClientOptions, IggyClientOptions>? Configure { get; set; }

    internal Identifier StreamId => new(Stream);

    internal Identifier TopicId => new(Topic);

    internal IggyClientOptions ToClientOptions()
    {
        var options = IggyClientOptions.Parse(ConnectionString);
        options = options with { Reconnect = options.Reconnect with { FirstAttempts = 8 } }; // silos start side by side with their server
        return Configure?.Invoke(options) ?? options;
    }

    /// <summary>What is wrong with it; null for nothing.</summary>
    internal string? Flaw()
    {
        if (Stream.Length == 0 || Topic.Length == 0)
            return $"{nameof(Stream)} and {nameof(Topic)} have to be set.";
        if (CacheMessages < 1 || CacheBytes < 1 || ReaderBytes < 1 || MaxReaders < 1 || BatchCount < 1)
            return $"{nameof(CacheMessages)}, {nameof(CacheBytes)}, {nameof(ReaderBytes)}, {nameof(MaxReaders)} and {nameof(BatchCount)} have to be 1 or more.";
        if (CheckpointInterval <= TimeSpan.Zero || SlowAfter <= TimeSpan.Zero)
            return $"{nameof(CheckpointInterval)} and {nameof(SlowAfter)} have to be more than 0.";
        try
        {
            IggyClientOptions.Parse(ConnectionString);
            return null;
        }
        catch (FormatException e)
        {
            return $"{nameof(ConnectionString)}: {e.Message}";
        }
    }
}
