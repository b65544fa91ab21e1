using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Iggy.Gateway.Host;

/// <summary>Which address clients are told as the server's. One that says "all of mine" leads nobody anywhere.</summary>
internal static class OwnAddress
{
    /// <summary>The address that a client can dial.</summary>
    /// <param name="listening">What the server listens on; null where it does not.</param>
    /// <param name="reached">The end of the client's own connection here: what it dialled is what it can dial. Null where that is not known.</param>
    public static IPAddress For(IPAddress? listening, IPAddress? reached)
    {
        if (listening is not null && !IsWildcard(listening))
            return listening;
        if (reached is not null && !IsWildcard(reached))
            return reached.IsIPv4MappedToIPv6 ? reached.MapToIPv4() : reached;
        return listening is null ? IPAddress.Loopback : OfMachine();
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // The first that others can dial, IPv4 before IPv6.
    private static IPAddress OfMachine() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static card => card.OperationalStatus is OperationalStatus.Up && card.NetworkInterfaceType is not NetworkInterfaceType.Loopback)
        .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .Where(static address => !address.IsIPv6LinkLocal)
        .OrderBy(static address => address.AddressFamily is AddressFamily.InterNetwork ? 0 : 1)
        .FirstOrDefault(IPAddress.Loopback);
}
