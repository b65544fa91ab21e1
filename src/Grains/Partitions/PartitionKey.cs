using System.Globalization;

namespace Iggy.Grains.Partitions;

/// <summary>The key of a partition's grain, which also is its folder below the data folder.</summary>
internal static class PartitionKey
{
    /// <summary><c>{topic incarnation:N}/{sequence}</c>.</summary>
    public static string Of(Guid topic, ulong sequence) => string.Create(CultureInfo.InvariantCulture, $"{topic:N}/{sequence}");

    /// <summary>Whether a key is one that <see cref="Of"/> makes; no other may become a path.</summary>
    public static bool IsValid(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && Guid.TryParseExact(key.AsSpan(0, slash), "N", out var topic)
            && ulong.TryParse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && Of(topic, sequence) == key; // nothing but the one spelling
    }

    /// <summary>The topic's incarnation in a valid key.</summary>
    public static Guid TopicOf(string key) => Guid.ParseExact(key.AsSpan(0, key.IndexOf('/', StringComparison.Ordinal)), "N");

    /// <summary>The folder of a valid key.</summary>
    public static string Folder(string dataPath, string key) => Path.Combine(dataPath, DataFolder.PartitionsName, key);
}
