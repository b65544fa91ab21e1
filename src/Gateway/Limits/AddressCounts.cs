using System.Net;
using System.Net.Sockets;

namespace Iggy.Gateway.Limits;

/// <summary>Counts connections by the peer's address, on all transports together.</summary>
internal sealed class AddressCounts
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, (int Count, bool IsTold)> _counts = [];

    /// <summary>Counts one more connection.</summary>
    /// <param name="address">The peer's. An IPv4 address counts the same in its IPv6 form; an IPv6 host has a network of 2^64 addresses to itself, so that network is what
    /// counts.</param>
    /// <param name="limit">Most for one address; 0 for no limit.</param>
    /// <param name="isFirstRefusal">Whether this is the first that is refused since the address was last gone: worth one line in a log, the others are not.</param>
    /// <returns>False when it is one too many, and was not counted.</returns>
    public bool TryAdd(IPAddress address, int limit, out bool isFirstRefusal)
    {
        address = Plain(address);
        lock (_lock)
        {
            var (count, isTold) = _counts.GetValueOrDefault(address);
            var fits = limit == 0 || count < limit;
            isFirstRefusal = !fits && !isTold;
            if (fits || isFirstRefusal)
                _counts[address] = (fits ? count + 1 : count, isTold || isFirstRefusal);
            return fits;
        }
    }

    /// <summary>One that was counted is gone.</summary>
    public void Remove(IPAddress address)
    {
        address = Plain(address);
        lock (_lock)
        {
            if (!_counts.TryGetValue(address, out var entry))
                return;
            if (entry.Count <= 1)
                _counts.Remove(address);
            else
                _counts[address] = entry with { Count = entry.Count - 1 };
        }
    }

    private static IPAddress Plain(IPAddress address)
    {
        const int networkBytes = 8;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[networkBytes..].Clear();
        return new IPAddress(bytes);
    }
}
