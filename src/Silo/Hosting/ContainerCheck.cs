using System.Net;
using Iggy.Gateway.Listeners;

namespace Iggy.Silo.Hosting;

/// <summary>Looks whether anybody outside the container that the server runs in can reach it: the defaults listen on the loopback address, which is the
/// container's own there.</summary>
internal static class ContainerCheck
{
    /// <summary>Whether this process runs in a container, as the images of .NET and Docker itself say.</summary>
    public static bool IsContainer => Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") is "true" or "1" || File.Exists("/.dockerenv");

    /// <summary>The listeners that nobody outside reaches: address and key of each.</summary>
    public static IEnumerable<string> Unreachable(GatewayEndpoints endpoints)
    {
        (string Key, IPEndPoint? EndPoint)[] all =
            [("Iggy:Tcp:Address", endpoints.Tcp), ("Iggy:Http:Address", endpoints.Http), ("Iggy:Quic:Address", endpoints.Quic), ("Iggy:WebSocket:Address", endpoints.WebSocket),
                ("Iggy:Grpc:Address", endpoints.Grpc)];
        foreach (var (key, endPoint) in all)
        {
            if (endPoint is not null && IPAddress.IsLoopback(endPoint.Address))
                yield return $"{endPoint} ({key})";
        }
    }
}
