using System.Text;
using Iggy.Gateway.Http;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

/// <summary>Bodies of HTTP requests take their part of the memory for large requests, and give it back.</summary>
public sealed class JsonBodyTests
{
    [Theory]
    [InlineData(1_000, 0)]
    [InlineData(100_000, 200_000)] // its text, and what is made of it
    public async Task Read_LargeBody_HoldsItsRoomUntilItIsDisposed(int bytes, long held)
    {
        var gates = Gates(1_000_000);
        var body = await JsonBodies.ReadAsync(Request(bytes), gates, User(1));
        Assert.Equal((bytes, held), (body.Bytes.Length, gates.InsideBytes));
        body.Dispose();
        Assert.Equal(0, gates.InsideBytes);
    }

    [Fact]
    public async Task Read_BodyThatStopsShort_GivesItsRoomBack()
    {
        var gates = Gates(1_000_000);
        var request = Request(100_000);
        request.Body = new BrokenStream();
        await Assert.ThrowsAsync<IOException>(() => JsonBodies.ReadAsync(request, gates, User(1)).AsTask());
        Assert.Equal(0, gates.InsideBytes);
    }

    [Fact]
    public async Task Read_WithoutRoom_WaitsForItsTurn()
    {
        var gates = Gates(300_000);
        var first = await JsonBodies.ReadAsync(Request(100_000), gates, User(1));
        var second = JsonBodies.ReadAsync(Request(100_000), gates, User(2)).AsTask();
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(0, gates.InsideBytes);
    }

    private static RequestGates Gates(long limitBytes) => new(Options.Create(new FrameLimits { MaxInFlightBytes = limitBytes }));

    private static Session User(uint id)
    {
        var session = new Session(0, TransportKind.Http, "10.0.0.1:1");
        session.LogIn(id);
        return session;
    }

    private static HttpRequest Request(int bytes)
    {
        var request = new DefaultHttpContext().Request;
        (request.ContentType, request.ContentLength, request.Body) = ("application/json", bytes, new MemoryStream(Encoding.ASCII.GetBytes(new string(' ', bytes))));
        return request;
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The line broke.");
    }
}
