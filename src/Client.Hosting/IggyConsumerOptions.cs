using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Client.Hosting;

/// <summary>What a registered handler reads, and what becomes of a message that it cannot handle.</summary>
public sealed class IggyConsumerOptions
{
    /// <summary>Name of the stream.</summary>
    [Required, StringLength(255)]
    public string Stream { get; set; } = "";

    /// <summary>Name of the topic.</summary>
    [Required, StringLength(255)]
    public string Topic { get; set; } = "";

    /// <summary>Name of the consumer group; made if it is missing.</summary>
    [Required, StringLength(255)]
    public string Group { get; set; } = "";

    /// <summary>Key of the client whose settings are used; null for the one without a key.</summary>
    public string? ClientKey { get; set; }

    /// <summary>Members of the group in this process, with a connection each: so many partitions are read side by side, each in its order. 1 to 1000, default 1.</summary>
    [Range(1, 1000)]
    public int Members { get; set; } = 1;

    /// <summary>Most messages of one poll. 1 to 100,000, default 1000.</summary>
    [Range(1, 100_000)]
    public int BatchCount { get; set; } = 1000;

    /// <summary>Wait where nothing is left. 1 ms to 1 minute, default 100 ms.</summary>
    [Duration("00:00:00.001", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a message is handed to the handler before it is set aside. 1 to 1000, default 5.</summary>
    [Range(1, 1000)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Wait after the first failure; it doubles with each one, with some chance in it. 1 ms to 1 hour, default 200 ms.</summary>
    [Duration("00:00:00.001", "01:00:00")]
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait between two attempts, and between two tries to read at all. At least <see cref="FirstRetryDelay"/>, to 1 hour, default 30 s.</summary>
    [Duration("00:00:00.001", "01:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a message that stays unhandled goes to a topic of its own, so that those behind it are handled. Default true; else the
    /// handler gets it again and again, and nothing behind it in its partition.</summary>
    public bool DeadLetters { get; set; } = true;

    /// <summary>Name of that topic, in the same stream; made with one partition if it is missing. Default: <c>{topic}.dlq.{group}</c>.</summary>
    [StringLength(255)]
    public string? DeadLetterTopic { get; set; }

    /// <summary>How long the message at hand may go on when the application stops. 0 to 10 minutes, default 20 s.</summary>
    [Duration("00:00:00", "00:10:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    internal string DeadLetterTopicName => string.IsNullOrEmpty(DeadLetterTopic) ? $"{Topic}.dlq.{Group}" : DeadLetterTopic;
}

/// <summary>Checks the attributes of the class.</summary>
[OptionsValidator]
internal sealed partial class IggyConsumerOptionsValidator : IValidateOptions<IggyConsumerOptions>;
