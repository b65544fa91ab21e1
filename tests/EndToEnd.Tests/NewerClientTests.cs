using System.Net;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>The client's whole suite in the newer dialect.</summary>
public class NewerClientTests(ServerFixture fixture) : ClientTests(fixture)
{
    private protected override string Dialect => "newer";
}

/// <summary>The client's whole suite in the newer dialect, on a WebSocket.</summary>
public sealed class NewerWebSocketClientTests(ServerFixture fixture) : NewerClientTests(fixture)
{
    private protected override (string Scheme, IPEndPoint Address) TransportOf(ServerProcess server) => ("iggy+ws", server.WebSocket.Address);
}
