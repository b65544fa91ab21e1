using System.Net;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>What holds for TCP, on a WebSocket.</summary>
public sealed class WebSocketFrameTests(ServerFixture fixture) : FrameTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => server.WebSocket;
}

/// <summary>What holds for TCP, on a WebSocket.</summary>
public sealed class WebSocketMessageTests(ServerFixture fixture) : MessageTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => server.WebSocket;
}

/// <summary>What holds for TCP, on a WebSocket.</summary>
public sealed class WebSocketClassicBodyTests(ServerFixture fixture) : ClassicBodyTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => server.WebSocket;
}

/// <summary>What holds for TCP, on a WebSocket.</summary>
public sealed class WebSocketLimitTests : LimitTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => server.WebSocket;
}

/// <summary>What holds for TCP, on a WebSocket.</summary>
public sealed class WebSocketClientTests(ServerFixture fixture) : ClientTests(fixture)
{
    private protected override (string Scheme, IPEndPoint Address) TransportOf(ServerProcess server) => ("iggy+ws", server.WebSocket.Address);
}
