using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>Producers: batches, bounds, retries, and what becomes of messages that can't be sent.</summary>
public sealed class ProducerTests
{
    private static readonly ProducerOptions _options = new() { Stream = new("s"), Topic = new("t"), Linger = TimeSpan.FromDays(1), RetryInterval = TimeSpan.FromMilliseconds(1) };

    private static (string[] Texts, UInt128[] Ids) Read((uint Code, byte[] Payload) request)
    {
        Assert.Equal(101u, request.Code);
        Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(request.Payload, out var batch));
        var (texts, ids) = (new List<string>(), new List<UInt128>());
        for (var rest = batch.Messages; !rest.IsEmpty; rest = rest[(int)ClassicMessageHeader.At(rest).MessageBytes..])
        {
            ref readonly var header = ref ClassicMessageHeader.At(rest);
            texts.Add(Encoding.UTF8.GetString(rest.Slice(64, (int)header.PayloadBytes)));
            ids.Add(header.Id);
        }
        return ([.. texts], [.. ids]);
    }

    [Fact]
    public async Task Send_FullBatch_LeavesAndTheRestFollowsAtTheFlush()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(_options with { BatchCount = 2 });
        foreach (var text in (string[])["a", "b", "c"])
            await producer.SendAsync(new(text), Setup.Cancellation);

        Assert.Equal(["a", "b"], Read(await peer.ReadAsync()).Texts);
        await peer.WriteAsync(Empty());
        var flush = producer.FlushAsync(Setup.Cancellation);
        Assert.Equal(["c"], Read(await peer.ReadAsync()).Texts);
        Assert.False(flush.IsCompleted);
        await peer.WriteAsync(Empty());
        await flush.WaitAsync(Limit, Setup.Cancellation);
    }

    [Fact]
    public async Task Send_BytesOfABatch_AreBounded()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(_options with { BatchBytes = 300 });
        foreach (var text in (string[])[new('a', 100), new('b', 100)]) // 164 bytes each with what is counted on top
            await producer.SendAsync(new(text), Setup.Cancellation);
        Assert.Single(Read(await peer.ReadAsync()).Texts);
        await peer.WriteAsync(Empty());
        var flush = producer.FlushAsync(Setup.Cancellation);
        Assert.Single(Read(await peer.ReadAsync()).Texts);
        await peer.WriteAsync(Empty());
        await flush.WaitAsync(Limit, Setup.Cancellation);
    }

    [Fact]
    public async Task Linger_Passed_SendsWhatIsThere()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(_options with { Linger = TimeSpan.FromMilliseconds(1) });
        await producer.SendAsync(new("a"), Setup.Cancellation);
        Assert.Equal(["a"], Read(await peer.ReadAsync()).Texts);
        await peer.WriteAsync(Empty());
    }

    // Goal: a full buffer fails, or waits for as long as was allowed, and has room again once a batch is answered.
    [Fact]
    public async Task Buffer_Full_FailsOrWaits()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var failing = client.CreateProducer(_options with { Linger = TimeSpan.Zero, BufferBytes = 100, WhenFull = WhenFull.Fail });
        await failing.SendAsync(new("a"), Setup.Cancellation);
        await Assert.ThrowsAsync<ProducerFullException>(() => failing.SendAsync(new("b"), Setup.Cancellation).AsTask());
        Assert.Equal(["a"], Read(await peer.ReadAsync()).Texts);

        await using var waiting = client.CreateProducer(_options with { Linger = TimeSpan.Zero, BufferBytes = 100, BlockTimeout = TimeSpan.FromMilliseconds(1) });
        await waiting.SendAsync(new("c"), Setup.Cancellation);
        await Assert.ThrowsAsync<ProducerFullException>(() => waiting.SendAsync(new("d"), Setup.Cancellation).AsTask());

        await using var patient = client.CreateProducer(_options with { Linger = TimeSpan.Zero, BufferBytes = 100 });
        await patient.SendAsync(new("e"), Setup.Cancellation);
        var send = patient.SendAsync(new("f"), Setup.Cancellation).Within();
        Assert.False(send.IsCompleted);
        await peer.WriteAsync(Empty());
        var rest = new List<string>();
        for (var i = 0; i < 3; i++) // c, e, and f, for which e makes room
        {
            rest.AddRange(Read(await peer.ReadAsync()).Texts);
            await peer.WriteAsync(Empty());
        }
        await send;
        Assert.Equal(["c", "e", "f"], rest.Order());
    }

    // Goal: so many batches are under way and no more, in order; what a broken connection left unanswered comes again in the same order, with the same ids.
    [Fact]
    public async Task Window_ConnectionLost_SendsAllUnansweredAgainInOrder()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(_options with { BatchCount = 1, Window = 3 });
        for (var i = 0; i < 6; i++)
            await producer.SendAsync(new($"{i}"), Setup.Cancellation);
        var first = new List<(string[] Texts, UInt128[] Ids)>();
        for (var i = 0; i < 3; i++) // without any answer
            first.Add(Read(await peer.ReadAsync()));
        Assert.Equal(["0", "1", "2"], first.SelectMany(one => one.Texts));
        await peer.WriteAsync(Empty());
        first.Add(Read(await peer.ReadAsync()));
        Assert.Equal(["3"], first[3].Texts); // the first one made room for it alone
        peer.Dispose();

        using var next = await server.AcceptAsync();
        for (var i = 1; i <= 3; i++)
        {
            var again = Read(await next.ReadAsync());
            Assert.Equal(first[i].Texts, again.Texts);
            Assert.Equal(first[i].Ids, again.Ids);
        }
        var flush = producer.FlushAsync(Setup.Cancellation);
        await next.WriteAsync(Empty());
        Assert.Equal(["4"], Read(await next.ReadAsync()).Texts);
        for (var i = 0; i < 2; i++)
            await next.WriteAsync(Empty());
        Assert.Equal(["5"], Read(await next.ReadAsync()).Texts);
        Assert.False(flush.IsCompleted);
        for (var i = 0; i < 2; i++)
            await next.WriteAsync(Empty());
        await flush.WaitAsync(Limit, Setup.Cancellation);
    }

    // Goal: a batch under way that failed is sent again although the next one is far from full.
    [Fact]
    public async Task Window_ConnectionLostWhileFilling_SendsAgainAtOnce()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(_options with { BatchCount = 2, Window = 2 });
        foreach (var text in (string[])["a", "b", "c"])
            await producer.SendAsync(new(text), Setup.Cancellation);
        Assert.Equal(["a", "b"], Read(await peer.ReadAsync()).Texts);
        peer.Dispose();
        using var next = await server.AcceptAsync();
        Assert.Equal(["a", "b"], Read(await next.ReadAsync()).Texts);
        await next.WriteAsync(Empty());
        var flush = producer.FlushAsync(Setup.Cancellation);
        Assert.Equal(["c"], Read(await next.ReadAsync()).Texts);
        await next.WriteAsync(Empty());
        await flush.WaitAsync(Limit, Setup.Cancellation);
    }

    [Fact]
    public async Task Window_BatchRefused_IsToldAndTheOthersStay()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        var lost = new List<string>();
        await using var producer = client.CreateProducer(_options with
        {
            BatchCount = 1, Window = 2, Lost = (messages, _) => lost.AddRange(messages.Select(one => Encoding.UTF8.GetString(one.Payload.Span))),
        });
        foreach (var text in (string[])["a", "b"])
            await producer.SendAsync(new(text), Setup.Cancellation);
        var flush = producer.FlushAsync(Setup.Cancellation);
        Assert.Equal(["a"], Read(await peer.ReadAsync()).Texts);
        Assert.Equal(["b"], Read(await peer.ReadAsync()).Texts);
        await peer.WriteAsync(Empty((uint)IggyError.TopicIdNotFound));
        await peer.WriteAsync(Empty());
        await flush.WaitAsync(Limit, Setup.Cancellation);
        Assert.Equal(["a"], lost);
    }

    // Goal: a batch whose reply was lost comes again, with the same ids, so that a server can tell.
    [Fact]
    public async Task Connection_Lost_SendsTheBatchAgainWithItsIds()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await using var producer = client.CreateProducer(_options);
        await producer.SendAsync(new("a"), Setup.Cancellation);
        await producer.SendAsync(new("b") { Id = 7 }, Setup.Cancellation);
        var flush = producer.FlushAsync(Setup.Cancellation);
        var first = Read(await peer.ReadAsync());
        peer.Dispose();

        using var next = await server.AcceptAsync();
        var second = Read(await next.ReadAsync());
        Assert.Equal(first.Texts, second.Texts);
        Assert.Equal(first.Ids, second.Ids);
        Assert.NotEqual(UInt128.Zero, first.Ids[0]);
        Assert.Equal(7u, first.Ids[1]);
        await next.WriteAsync(Empty());
        await flush.WaitAsync(Limit, Setup.Cancellation);
    }

    // Goal: no message is lost in silence.
    [Fact]
    public async Task Batch_Refused_IsToldAtTheFlushOrToWhoeverAsked()
    {
        using var server = new ScriptedServer();
        _ = server.ServeAsync((_, _) => Empty((uint)IggyError.TopicIdNotFound));
        await using var client = await IggyClient.ConnectAsync(Setup.Options(server), Setup.Cancellation);
        await using (var producer = client.CreateProducer(_options))
        {
            await producer.SendAsync(new("a"), Setup.Cancellation);
            Assert.Equal(IggyError.TopicIdNotFound, (await Assert.ThrowsAsync<IggyException>(() => producer.FlushAsync(Setup.Cancellation))).Error);
            await producer.FlushAsync(Setup.Cancellation); // told once
        }

        var lost = new List<Message>();
        await using (var producer = client.CreateProducer(_options with { Lost = (messages, _) => lost.AddRange(messages) }))
            await producer.SendAsync(new("b"), Setup.Cancellation);
        Assert.Equal("b", Encoding.UTF8.GetString(Assert.Single(lost).Payload.Span));
    }

    // Goal: a callback of the application's that fails does not end the producer, and the news is still told.
    [Fact]
    public async Task Lost_CallbackThrows_IsToldAtTheFlushAndTheProducerGoesOn()
    {
        using var server = new ScriptedServer();
        _ = server.ServeAsync((_, _) => Empty((uint)IggyError.TopicIdNotFound));
        await using var client = await IggyClient.ConnectAsync(Setup.Options(server), Setup.Cancellation);
        await using var producer = client.CreateProducer(_options with { Lost = (_, _) => throw new InvalidOperationException("mine") });
        foreach (var text in (string[])["a", "b"])
        {
            await producer.SendAsync(new(text), Setup.Cancellation);
            var told = await Assert.ThrowsAsync<IggyException>(() => producer.FlushAsync(Setup.Cancellation).WaitAsync(Limit, Setup.Cancellation));
            Assert.Equal(IggyError.TopicIdNotFound, told.Error);
            Assert.Contains("mine", told.InnerException!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Producer_Disposed_TakesNoMore()
    {
        using var server = new ScriptedServer();
        var (client, _) = await Setup.ConnectAsync(server);
        await using var owned = client;
        var producer = client.CreateProducer(_options);
        await producer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.SendAsync(new("a"), Setup.Cancellation).AsTask());
        await producer.FlushAsync(Setup.Cancellation);
    }
}
