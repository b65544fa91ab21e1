using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary><c>message send</c> and <c>message poll</c>.</summary>
public sealed class MessageCommandTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private sealed record Sent(PartitioningKind Kind, byte[] Value, string[] Payloads, UInt128[] Ids, byte[][] Headers);

    private static Sent Read(byte[] payload)
    {
        Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(payload, out var request));
        Assert.Equal(IggyError.None, ClassicBatch.Check(request.Indexes, request.Messages));
        var (payloads, ids, headers) = (new List<string>(), new List<UInt128>(), new List<byte[]>());
        var messages = new ClassicMessageEnumerator(request.Messages);
        while (messages.MoveNext())
        {
            payloads.Add(Encoding.UTF8.GetString(messages.Current.Payload));
            ids.Add(messages.Current.Header.Id);
            headers.Add(messages.Current.UserHeaders.ToArray());
        }
        return new(request.Partitioning.Kind, request.Partitioning.Value.ToArray(), [.. payloads], [.. ids], [.. headers]);
    }

    private static byte[] Poll(params (string Payload, byte[] Headers)[] messages) => PollUpTo(messages.Length == 0 ? 9ul : 4 + (ulong)messages.Length, messages);

    private static byte[] PollUpTo(ulong current, params (string Payload, byte[] Headers)[] messages)
    {
        var reply = new byte[16 + messages.Sum(message => 64 + Encoding.UTF8.GetByteCount(message.Payload) + message.Headers.Length)];
        PollMessagesReply.WriteHead(reply, 1, current, (uint)messages.Length);
        var (at, offset) = (16, 5UL);
        foreach (var (payload, headers) in messages)
            at += ClassicMessageWriter.Write(reply.AsSpan(at), new() { Id = 42, Offset = offset++, TimestampMicros = 1_000_000, OriginTimestampMicros = 7 }, Encoding.UTF8.GetBytes(payload), headers);
        return Ok(reply);
    }

    private static byte[] Header(string key, string value)
    {
        byte[] block = [2, (byte)key.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(key), 2, (byte)value.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)];
        return block;
    }

    [Fact]
    public async Task Send_Arguments_AreOneBalancedBatch()
    {
        using var tool = new Tool();
        var sent = Read((await tool.RunAsync("message send s t one two 'three words'")).Request.Payload);
        Assert.Equal(PartitioningKind.Balanced, sent.Kind);
        Assert.Equal(["one", "two", "three words"], sent.Payloads);
    }

    [Fact]
    public async Task Send_PartitionId_IsAsked()
    {
        using var tool = new Tool();
        var sent = Read((await tool.RunAsync("-p iggy m s -p 3 s t one")).Request.Payload); // the first is the password
        Assert.Equal((PartitioningKind.PartitionId, 3u), (sent.Kind, BitConverter.ToUInt32(sent.Value)));
    }

    [Fact]
    public async Task Send_KeyAndHeaders_AreOnEachMessage()
    {
        using var tool = new Tool();
        var sent = Read((await tool.RunAsync("m s -m key -H k:string:a:b s t one two")).Request.Payload);
        Assert.Equal(PartitioningKind.MessagesKey, sent.Kind);
        Assert.Equal("key"u8, sent.Value);
        Assert.All(sent.Headers, headers => Assert.Equal(Header("k", "a:b"), headers));
    }

    // Goal: no line is lost, joined or changed. Method: line ends of both kinds, empty lines, no end at the end, bytes that are no UTF-8.
    [Fact]
    public async Task Send_StandardInput_IsSentLineByLine()
    {
        using var tool = new Tool { Input = [.. "a\nbb\r\n\n\r\nc\rc\n"u8, 0xFF, .. "\nlast"u8] };
        var result = await tool.RunAsync("m s s t --output json");
        Assert.Equal(["a", "bb", "c\rc", "\uFFFD", "last"], result.Requests.Where(request => request.Code == 101).SelectMany(request => Read(request.Payload).Payloads));
        Assert.Equal("""{"messages_count":5,"payload_bytes":11}""" + Environment.NewLine, result.Out);
    }

    [Fact]
    public async Task Send_ManyLinesOfAFile_AreSplitIntoBatchesInOrder()
    {
        var lines = Enumerable.Range(0, 30_000).Select(i => $"line {i} {new string('x', i % 50)}").ToArray();
        await File.WriteAllLinesAsync(_file, lines, TestContext.Current.CancellationToken);
        using var tool = new Tool();
        var result = await tool.RunAsync($"m s s t --lines {_file} --batch-size 700");
        var batches = result.Requests.Where(request => request.Code == 101).Select(request => Read(request.Payload).Payloads).ToArray();
        Assert.All(batches, batch => Assert.InRange(batch.Length, 1, 700));
        Assert.Equal(lines, batches.SelectMany(batch => batch));
    }

    // Goal: a file of messages comes back as it was. Method: a poll into a file, the file into a send.
    [Fact]
    public async Task OutputFile_SentAsInputFile_KeepsIdsAndHeaders()
    {
        using (var tool = new Tool())
            Assert.Equal(ExitCode.Ok, (await tool.RunAsync($"m p s t 1 -f -m 10 --output-file {_file}", (_, _) => Poll(("one", Header("k", "v")), ("", []), ("three", [])))).Code);

        using var again = new Tool();
        var sent = Read((await again.RunAsync($"m s s t --input-file {_file}")).Request.Payload);
        Assert.Equal(["one", "", "three"], sent.Payloads);
        Assert.Equal([42, 42, 42], sent.Ids);
        Assert.Equal([Header("k", "v"), [], []], sent.Headers);
    }

    // Goal: a damaged file is told from a whole one. Method: a file of one message, cut at every byte.
    [Fact]
    public async Task InputFile_CutAnywhere_IsRefused()
    {
        var whole = new byte[64 + 3];
        ClassicMessageWriter.Write(whole, new() { Id = 1 }, "abc"u8, []);
        for (var cut = 1; cut < whole.Length; cut++)
        {
            await File.WriteAllBytesAsync(_file, whole[..cut], TestContext.Current.CancellationToken);
            using var tool = new Tool();
            var result = await tool.RunAsync($"m s s t --input-file {_file}");
            Assert.Equal(ExitCode.Usage, result.Code);
            Assert.DoesNotContain(result.Requests, request => request.Code == 101);
        }
    }

    [Theory]
    [InlineData("m p s t 3", 5, 0ul, 1u, false)]
    [InlineData("m p -o 7 -m 9 s t 3", 1, 7ul, 9u, false)]
    [InlineData("message poll s t 3 --first --message-count 2 --auto-commit", 3, 0ul, 2u, true)]
    [InlineData("m p -l -a s t 3", 4, 0ul, 1u, true)]
    [InlineData("m p -n s t 3", 5, 0ul, 1u, false)]
    public async Task Poll_Options_BecomeTheRequest(string arguments, int kind, ulong value, uint count, bool autoCommit)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments, (_, _) => Poll());
        Assert.Equal(
            Tool.Bytes(new PollMessagesRequest(new(new(ConsumerKind.Single, new(0)), new("s"), new("t"), 3), new((PollingKind)kind, value), count, autoCommit)),
            result.Request.Payload);
        Assert.Contains("No messages", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poll_AsJson_HasPayloadTextAndHeaders()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t 1 -m 10 -c me --output json", (_, _) => Poll(("one", Header("k", "v"))));
        Assert.StartsWith("""{"partition_id":1,"current_offset":5,"count":1,"messages":[{"offset":5,"id":"42","timestamp":1000000,"origin_timestamp":7,"checksum":""", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("""payload":"b25l","text":"one","user_headers":[{"key":{"kind":"string","value":"k"},"value":{"kind":"string","value":"v"}}]}]}""" + Environment.NewLine, result.Out, StringComparison.Ordinal);
    }

    // Goal: as many messages as were asked for, although a reply holds fewer. Method: replies of two messages, offsets 5 to 9, one reply short.
    [Fact]
    public async Task Poll_MoreThanOneReplyHolds_GoesOnBehindTheLast()
    {
        using var tool = new Tool();
        var polls = 0;
        var result = await tool.RunAsync("m p s t 1 -f -m 5 --output json", (_, _) => polls++ == 0 ? PollUpTo(9, ("a", []), ("b", [])) : PollUpTo(9, ("c", []), ("d", []), ("e", [])));
        var requests = result.Requests.Where(request => request.Code == 100).Select(request => request.Payload).ToArray();
        var address = new ConsumerAddress(new(ConsumerKind.Single, new(0)), new("s"), new("t"), 1);
        Assert.Equal(
            [Tool.Bytes(new PollMessagesRequest(address, PollingStrategy.First, 5, false)), Tool.Bytes(new PollMessagesRequest(address, PollingStrategy.FromOffset(7), 3, false))],
            requests);
        Assert.Contains("\"count\":5", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poll_ShowHeaders_PrintsThem()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t 1 -s", (_, _) => Poll(("one", Header("k", "v"))));
        Assert.Contains("k:string:v", result.Out, StringComparison.Ordinal);
        Assert.Contains("one", result.Out, StringComparison.Ordinal);
    }
}
