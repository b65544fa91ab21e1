using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>Consumers on their own, as requests name them.</summary>
internal static class Consumers
{
    private const uint Default = 1; // as over HTTP

    /// <summary>For a partition.</summary>
    /// <param name="name">Empty for the default.</param>
    /// <exception cref="Errors.CommandRefusedException"><see cref="IggyError.InvalidIdentifier"/>.</exception>
    public static ConsumerKey Key(string name) =>
        new(Grains.Interfaces.Partitions.ConsumerKind.Consumer, name.Length == 0 ? Default : Hashes.ConsumerNumber(Names.Identifier(name)));
}
