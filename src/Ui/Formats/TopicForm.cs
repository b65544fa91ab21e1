using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Texts;

namespace Iggy.Ui.Formats;

/// <summary>The settings of a topic as a person types them.</summary>
internal sealed class TopicForm
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Of a new one.</summary>
    public uint Partitions { get; set; } = 1;

    /// <summary>A duration, <c>for ever</c>, or nothing for the server's default.</summary>
    public string Expiry { get; set; } = "";

    /// <summary>A size, <c>unlimited</c>, or nothing for the server's default.</summary>
    public string MaxSize { get; set; } = "";

    /// <summary>Whether it asks for compression.</summary>
    public bool IsCompressed { get; set; }

    /// <summary>The form of a topic that is there.</summary>
    public static TopicForm Of(TopicEntry topic) => new()
    {
        Name = topic.Name,
        Expiry = topic.Settings.MessageExpiryMicros == TopicSettings.Never ? Never : Text.Plain(topic.Settings.MessageExpiryMicros),
        MaxSize = topic.Settings.MaxBytes == TopicSettings.Unlimited ? Unlimited : topic.Settings.MaxBytes.ToString(System.Globalization.CultureInfo.InvariantCulture),
        IsCompressed = topic.Settings.Compression == TopicSettings.Gzip,
    };

    /// <summary>What is typed for no end.</summary>
    public const string Never = "for ever", Unlimited = "unlimited";

    /// <summary>The settings.</summary>
    /// <param name="settings">Those that were typed.</param>
    /// <param name="trouble">What is wrong with them; null where nothing is.</param>
    public bool TryRead(out TopicSettings settings, out string? trouble)
    {
        settings = default;
        trouble = null;
        var (expiry, size) = (TopicSettings.ServerDefault, TopicSettings.ServerDefault);
        if (Expiry.Trim() is { Length: > 0 } kept)
        {
            if (string.Equals(kept, Never, StringComparison.OrdinalIgnoreCase))
                expiry = TopicSettings.Never;
            else if (!HumanDuration.TryParseMicros(kept, out expiry) || expiry == 0)
                trouble = $"How long messages are kept is {HumanDuration.Allowed}, or '{Never}'.";
        }
        if (MaxSize.Trim() is { Length: > 0 } most)
        {
            if (string.Equals(most, Unlimited, StringComparison.OrdinalIgnoreCase))
                size = TopicSettings.Unlimited;
            else if (!HumanSize.TryParseBytes(most, out size) || size == 0)
                trouble ??= $"The largest size is {HumanSize.Allowed}, or '{Unlimited}'.";
        }
        settings = new TopicSettings(expiry, size, IsCompressed ? TopicSettings.Gzip : (byte)CompressionAlgorithm.None, ReplicationFactor: 1);
        return trouble is null;
    }
}
