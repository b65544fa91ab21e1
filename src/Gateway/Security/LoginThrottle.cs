using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Security;

/// <summary>Makes guessing slow: answers to failed logins wait, and an address that fails too often is not listened to for a while.</summary>
/// <remarks>Counted by address and by name. A name alone never shuts anybody out, or whoever knows a name could lock its owner out; a right
/// password is not delayed. Nobody is shut out for good: failures are forgotten at the rate at which they are free.</remarks>
internal sealed partial class LoginThrottle(IOptions<LoginOptions> options, TimeProvider clock, ILogger<LoginThrottle> logger)
{
    private const int RefuseFactor = 3; // from this many times the free failures on, an address is not listened to
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    private readonly int _free = options.Value.FailuresPerMinute;
    private readonly FailureMeter _addresses = NewMeter(options.Value, clock), _names = NewMeter(options.Value, clock);

    /// <summary>Whether an attempt may be made. When not, that has taken as long as the slowest failure.</summary>
    /// <param name="peer"><c>ip:port</c>.</param>
    public async Task<bool> AdmitAsync(string peer)
    {
        if (_free == 0 || _addresses.Read(AddressKey(peer)) <= (_free * RefuseFactor) - 1)
            return true;

        await Task.Delay(options.Value.MaxDelay, clock);
        return false;
    }

    /// <summary>Counts a failed attempt and waits as long as its answer has to.</summary>
    /// <param name="peer"><c>ip:port</c>.</param>
    /// <param name="name">Whose secret was tried; null when that is not known.</param>
    public async Task FailAsync(string peer, string? name)
    {
        if (_free == 0)
            return;

        var failures = _addresses.Add(AddressKey(peer));
        if (failures > (_free * RefuseFactor) - 1)
            LogRefused(logger, peer);
        if (name is not null)
            failures = Math.Max(failures, _names.Add(Encoding.UTF8.GetBytes(name)));
        if (failures > _free)
            await Task.Delay(Delay(failures - _free), clock);
    }

    private static FailureMeter NewMeter(LoginOptions options, TimeProvider clock) =>
        new(Math.Max(1, options.FailuresPerMinute), options.FailuresPerMinute * RefuseFactor, clock);

    // An IPv6 host has a network of addresses to itself, so that network is what counts.
    private static byte[] AddressKey(string peer)
    {
        if (!IPEndPoint.TryParse(peer, out var endPoint))
            return Encoding.UTF8.GetBytes(peer);
        var bytes = endPoint.Address.GetAddressBytes();
        return endPoint.AddressFamily is AddressFamily.InterNetworkV6 ? bytes[..8] : bytes;
    }

    private TimeSpan Delay(double excess)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(Math.Ceiling(excess), 20) - 1); // 20: beyond any limit that can be set
        return delay < options.Value.MaxDelay ? delay : options.Value.MaxDelay;
    }

    [LoggerMessage(3110, LogLevel.Warning, "Too many logins from {Peer} failed; its address is not listened to for some seconds")]
    private static partial void LogRefused(ILogger logger, string peer);
}
