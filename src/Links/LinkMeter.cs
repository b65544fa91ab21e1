using System.Diagnostics.Metrics;

namespace Iggy.Links;

/// <summary>What links measure. One for the process.</summary>
public static class LinkMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Iggy.Links";

    private static readonly Meter s_meter = new(Name);
    private static readonly Counter<long> s_sent = s_meter.CreateCounter<long>("iggy.links.sent", "By", "Bytes sent to other nodes, before encryption.");
    private static readonly Counter<long> s_received = s_meter.CreateCounter<long>("iggy.links.received", "By", "Bytes received from other nodes, after decryption.");
    private static readonly UpDownCounter<int> s_open = s_meter.CreateUpDownCounter<int>("iggy.links.open", description: "Other nodes that are connected.");
    private static readonly Counter<long> s_lost = s_meter.CreateCounter<long>("iggy.links.lost", description: "Connections to other nodes that ended before this node stopped.");
    private static readonly Counter<long> s_refused = s_meter.CreateCounter<long>("iggy.links.refused", description: "Connections that did not become one to another node, by either side.");

    internal static void Sent(int bytes) => s_sent.Add(bytes);

    internal static void Received(int bytes) => s_received.Add(bytes);

    internal static void Opened() => s_open.Add(1);

    internal static void Closed(bool isLost)
    {
        s_open.Add(-1);
        if (isLost)
            s_lost.Add(1);
    }

    internal static void Refused() => s_refused.Add(1);
}
