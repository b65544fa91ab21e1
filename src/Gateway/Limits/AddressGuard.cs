using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>Keeps one address from taking all connections, those of all transports counted together.</summary>
internal sealed partial class AddressGuard(IOptions<FrameLimits> limits, ILogger<AddressGuard> logger)
{
    private readonly AddressCounts _counts = new();

    /// <summary>Counts a new connection. One that was let in is to <see cref="Leave"/>.</summary>
    /// <param name="peer">Where it comes from; an unknown place counts as one address.</param>
    /// <returns>False when it is one too many.</returns>
    public bool TryEnter(EndPoint? peer)
    {
        var address = Address(peer);
        if (_counts.TryAdd(address, limits.Value.MaxConnectionsPerAddress, out var isFirstRefusal))
            return true;
        if (isFirstRefusal)
            LogTooMany(logger, address, limits.Value.MaxConnectionsPerAddress);
        return false;
    }

    /// <summary>One that was let in is gone.</summary>
    public void Leave(EndPoint? peer) => _counts.Remove(Address(peer));

    private static IPAddress Address(EndPoint? peer) => (peer as IPEndPoint)?.Address ?? IPAddress.None;

    [LoggerMessage(3007, LogLevel.Warning, "Connections from {Address} are refused while {Limit} are open (Iggy:Limits:MaxConnectionsPerAddress)")]
    private static partial void LogTooMany(ILogger logger, IPAddress address, int limit);
}
