using System.Text;
using Iggy.Gateway.Http;
using Iggy.Gateway.Limits;
using Microsoft.AspNetCore.Http;

namespace Iggy.Gateway.Tests;

/// <summary>Bodies of HTTP requests take their part of the memory for large requests, and give it back.</summary>
public sealed class JsonBodyTests
{
    [Theory]
    [InlineData(1_000, 0)]
    [InlineData(100_000, 200_000)] // its text, and what is made of it
    public async Task Read_LargeBody_HoldsItsRoomUntilItIsDisposed(int bytes, long held)
    {
        var gate = new InFlightGate(1_000_000);
        var body = await JsonBodies.ReadAsync(Request(bytes), gate);
        Assert.Equal((bytes, held), (body.Bytes.Length, gate.InsideBytes));
        body.Dispose();
        Assert.Equal(0, gate.InsideBytes);
    }

    [Fact]
    public async Task Read_BodyThatStopsShort_GivesItsRoomBack()
    {
        var gate = new InFlightGate(1_000_000);
        var request = Request(100_000);
        request.Body = new BrokenStream();
        await Assert.ThrowsAsync<IOException>(() => JsonBodies.ReadAsync(request, gate).AsTask());
        Assert.Equal(0, gate.InsideBytes);
    }

    [Fact]
    public async Task Read_WithoutRoom_WaitsForItsTurn()
    {
        var gate = new InFlightGate(300_000);
        var first = await JsonBodies.ReadAsync(Request(100_000), gate);
        var second = JsonBodies.ReadAsync(Request(100_000), gate).AsTask();
        Assert.Equal(1, gate.WaitingCount);
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(0, gate.InsideBytes);
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
