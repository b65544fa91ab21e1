using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using ConsumerKind = Iggy.Grains.Interfaces.Partitions.ConsumerKind;

namespace Iggy.Gateway.Commands;

/// <summary>Groups that are kept elsewhere, such as those of Kafka: they have offsets here and nothing else.</summary>
internal static class ExternalGroups
{
    /// <summary>Whose offset it is.</summary>
    /// <param name="identifier">As requests have it.</param>
    public static ConsumerKey Key(ReadOnlySpan<byte> identifier) => new(ConsumerKind.External, Hashes.ConsumerNumber(identifier));
}
