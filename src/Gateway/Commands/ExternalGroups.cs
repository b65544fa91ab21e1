using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Groups that are kept elsewhere: they have offsets like a consumer's, under a number that no consumer of their name has.</summary>
internal static class ExternalGroups
{
    /// <summary>Its number.</summary>
    /// <param name="identifier">As requests have it.</param>
    public static uint Number(ReadOnlySpan<byte> identifier) => Hashes.ConsumerNumber([(byte)ConsumerKind.External, .. identifier]);
}
