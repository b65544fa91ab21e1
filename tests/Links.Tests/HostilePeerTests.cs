using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using CsCheck;
using Iggy.Links.Framing;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Links.Tests;

/// <summary>Whoever connects and is no node of this cluster is refused with a sentence; whoever is and sends what cannot be is cut off, before memory is taken for it.</summary>
public sealed class HostilePeerTests
{
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

    private static Hello Good => Hello.Of(Nodes.Options(1), expected: 2);

    [Fact]
    public async Task Hello_OfAnotherCluster_IsRefusedWithASentence() =>
        Assert.Contains("belongs to cluster bbbbbbbb", await RefusedAsync(Good with { ClusterId = Guid.Parse("bbbbbbbb-0000-0000-0000-000000000000") }), StringComparison.Ordinal);

    [Fact]
    public async Task Hello_OfANewerVersionOnly_IsRefusedWithASentence() =>
        Assert.Contains("versions 2 to 9", await RefusedAsync(Good with { OldestVersion = 2, NewestVersion = 9 }), StringComparison.Ordinal);

    [Fact]
    public async Task Hello_ForAnotherNode_IsRefusedWithASentence() =>
        Assert.Contains("was meant", await RefusedAsync(Good with { ExpectedNodeId = 7 }), StringComparison.Ordinal);

    [Fact]
    public async Task Hello_WithTheSameNumber_IsRefusedWithASentence() =>
        Assert.Contains("Two nodes have the number", await RefusedAsync(Good with { NodeId = 2 }), StringComparison.Ordinal);

    [Fact]
    public async Task Hello_OfAGreaterNumber_IsRefusedWithASentence() =>
        Assert.Contains("is to wait", await RefusedAsync(Good with { NodeId = 3 }), StringComparison.Ordinal);

    [Fact]
    public async Task Hello_WithWindowsThatCannotBe_IsRefused() =>
        Assert.Contains("cannot be", await RefusedAsync(Good with { MaxFrameBytes = uint.MaxValue }), StringComparison.Ordinal);

    [Fact]
    public async Task Hello_ThatIsNone_IsRefused() =>
        Assert.Contains("no such node", await RefusedAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: here\r\n" + new string('x', 36))), StringComparison.Ordinal);

    // Goal: the one that connects hears the sentence too, and tells it once.
    [Fact]
    public async Task Dial_ANodeOfAnotherCluster_TellsWhy()
    {
        await using var nodes = new Nodes();
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var two = nodes.Start(Nodes.Options(2) with { ClusterId = Guid.NewGuid() }, new Recorder());
        var one = nodes.Start(Nodes.Options(1), new Recorder(), logger: new TextLogger(text => told.TrySetResult(text)));
        one.SetPeers(new Dictionary<ulong, EndPoint> { [2] = two.Address });
        var text = await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Contains("give both the same cluster", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frame_LargerThanAllowed_EndsTheConnection() => await CutOffAsync(new LinkHeader(LinkFrameKind.Payload, uint.MaxValue, default));

    [Fact]
    public async Task Frame_OfAnUnknownKind_EndsTheConnection() => await CutOffAsync(new LinkHeader((LinkFrameKind)9, 0, default));

    [Fact]
    public async Task Credit_ForNothing_EndsTheConnection() => await CutOffAsync(new LinkHeader(LinkFrameKind.Credit, 1, default));

    [Fact]
    public async Task Heartbeat_WithAPayload_EndsTheConnection() => await CutOffAsync(new LinkHeader(LinkFrameKind.Heartbeat, 1, default));

    // Goal: whoever does not keep to the window is cut off when the head of the frame comes.
    [Fact]
    public async Task Frames_BeyondTheWindow_EndTheConnection()
    {
        await using var nodes = new Nodes();
        var atTwo = new Recorder();
        using var gate = new ManualResetEventSlim();
        atTwo.OnFrame = (_, _) => gate.Wait(TimeSpan.FromSeconds(60));
        var two = nodes.Start(Nodes.Options(2) with { ChannelWindowBytes = 4096 }, atTwo);
        using var socket = await GreetAsync(two);
        for (var i = 0; i < 3; i++)
            await socket.SendAsync(Bytes(new LinkHeader(LinkFrameKind.Payload, 1800, default), 1800));
        await atTwo.WaitForAsync("connected 1");
        await AssertClosedAsync(socket);
        gate.Set();
        await atTwo.WaitForAsync("disconnected 1");
    }

    [Fact]
    public async Task Peer_ThatFallsSilent_IsGoneAfterTheTimeout()
    {
        await using var nodes = new Nodes();
        var (clock, atTwo) = (new FakeTimeProvider(), new Recorder());
        var two = nodes.Start(Nodes.Options(2) with { PeerTimeout = TimeSpan.FromSeconds(3) }, atTwo, clock);
        using var socket = await GreetAsync(two);
        await atTwo.WaitForAsync("connected 1");
        for (var i = 0; i < 5; i++)
            clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal([1UL], two.Connected);
        clock.Advance(TimeSpan.FromMilliseconds(600));
        await atTwo.WaitForAsync("disconnected 1");
    }

    [Fact]
    public async Task Peer_ThatNeverSaysWhoItIs_IsCutOff()
    {
        await using var nodes = new Nodes();
        var clock = new FakeTimeProvider();
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var two = nodes.Start(Nodes.Options(2) with { MaxConnections = 1, HandshakeTimeout = TimeSpan.FromSeconds(5) }, new Recorder(), clock, new TextLogger(text => told.TrySetResult(text)));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(two.Address, TestContext.Current.CancellationToken);
        await socket.SendAsync(new byte[10]);
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await second.ConnectAsync(two.Address, TestContext.Current.CancellationToken);
        await AssertClosedAsync(second); // there is room for one
        Assert.Contains("1 others are open", await told.Task, StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromSeconds(6));
        await AssertClosedAsync(socket);
    }

    // Goal: no bytes behind a good hello do more than end the connection.
    [Fact]
    public async Task AnyBytes_BehindAHello_DoNoHarm()
    {
        await using var nodes = new Nodes();
        var two = nodes.Start(Nodes.Options(2) with { MaxFrameBytes = 4096, MaxConnections = 1000 }, new Recorder());
        await Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[1, 3], Gen.UInt[0, 5000]).SampleAsync(async (noise, kind, amount) =>
        {
            using var socket = await GreetAsync(two);
            await socket.SendAsync(Bytes(new LinkHeader((LinkFrameKind)kind, amount, default), 0));
            await socket.SendAsync(noise);
            socket.Shutdown(SocketShutdown.Send);
            await AssertClosedAsync(socket);
        }, iter: 60, threads: 1);
        Assert.True(two.Connected.Count <= 1);
        using var good = await GreetAsync(two);
    }

    private Task<string> RefusedAsync(Hello hello) => RefusedAsync(MemoryMarshal.AsBytes(new ReadOnlySpan<Hello>(in hello)).ToArray());

    // What the node writes into its log is what it tells the other side.
    private async Task<string> RefusedAsync(byte[] hello)
    {
        await using var nodes = new Nodes();
        var two = nodes.Start(Nodes.Options(2), new Recorder(), logger: new TextLogger(text => _told.Writer.TryWrite(text)));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(two.Address, TestContext.Current.CancellationToken);
        await socket.SendAsync(hello);
        var answer = await AssertClosedAsync(socket);
        var sentence = Encoding.UTF8.GetString(answer.AsSpan(Hello.SizeInBytes));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.Contains(sentence, await _told.Reader.ReadAsync(limit.Token), StringComparison.Ordinal);
        Assert.Empty(two.Connected);
        return sentence;
    }

    private static async Task CutOffAsync(LinkHeader header)
    {
        await using var nodes = new Nodes();
        var atTwo = new Recorder();
        var two = nodes.Start(Nodes.Options(2), atTwo);
        using var socket = await GreetAsync(two);
        await atTwo.WaitForAsync("connected 1");
        await socket.SendAsync(Bytes(header, 0));
        await AssertClosedAsync(socket);
        await atTwo.WaitForAsync("disconnected 1");
    }

    private static async Task<Socket> GreetAsync(LinkHub hub)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(hub.Address);
        var hello = Good;
        await socket.SendAsync(MemoryMarshal.AsBytes(new ReadOnlySpan<Hello>(in hello)).ToArray());
        var answer = new byte[Hello.SizeInBytes];
        for (var done = 0; done < answer.Length;)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(done));
            Assert.NotEqual(0, read);
            done += read;
        }
        Assert.Equal(Hello.ExpectedMagic, BitConverter.ToUInt64(answer));
        return socket;
    }

    private static async Task<byte[]> AssertClosedAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var (all, buffer) = (new List<byte>(), new byte[4096]);
        try
        {
            while (await socket.ReceiveAsync(buffer, limit.Token) is var read and > 0)
                all.AddRange(buffer.AsSpan(0, read));
        }
        catch (SocketException)
        {
            // A reset: closed with bytes of ours unread.
        }
        return [.. all];
    }

    private static byte[] Bytes(LinkHeader header, int payload) => [.. MemoryMarshal.AsBytes(new ReadOnlySpan<LinkHeader>(in header)), .. new byte[payload]];
}
