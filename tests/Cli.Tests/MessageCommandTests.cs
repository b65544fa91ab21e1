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

    private static byte[] Poll(params (string Payload, byte[] Headers)[] messages)
    {
        var reply = new byte[16 + messages.Sum(message => 64 + Encoding.UTF8.GetByteCount(message.Payload) + message.Headers.Length)];
        PollMessagesReply.WriteHead(reply, 1, 4 + (ulong)messages.Length, (uint)messages.Length);
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

    // Goal: a key's messages come to the partition that the server would choose, in order. Method: lines of two keys and one without.
    [Fact]
    public async Task Send_KeySeparator_RoutesEachLine()
    {
        var topic = new TopicDetails(new(4, 1, 3, ProtocolLimits.Unlimited, CompressionAlgorithm.None, ProtocolLimits.Unlimited, 1, 0, 0, "t"), [new(0, 1, 1, 0, 0, 0), new(1, 1, 1, 0, 0, 0), new(2, 1, 1, 0, 0, 0)]);
        using var tool = new Tool { Input = [.. "a=1\nb=2\nplain\na=3=4\n"u8] };
        var result = await tool.RunAsync("m s s t --key-separator =", (code, _) => code == 300 ? Ok(Tool.Bytes(topic)) : Empty());
        var sent = result.Requests.Where(request => request.Code == 101).Select(request => Read(request.Payload)).ToArray();
        var expected = new[] { ("a", "1"), ("b", "2"), ("a", "3=4") }.GroupBy(line => Hashes.PartitionForKey(Encoding.UTF8.GetBytes(line.Item1), 3), line => line.Item2).ToDictionary(part => part.Key, part => part.ToArray());
        Assert.Equal(["plain"], Assert.Single(sent, one => one.Kind is PartitioningKind.Balanced).Payloads);
        foreach (var one in sent.Where(one => one.Kind is not PartitioningKind.Balanced))
            Assert.Equal(expected[BitConverter.ToUInt32(one.Value)], one.Payloads);
        Assert.Equal(expected.Count + 1, sent.Length);
    }

    [Fact]
    public async Task Send_JsonLines_HaveKeysHeadersAndIds()
    {
        using var tool = new Tool
        {
            Input = [.. """
                {"text":"one","headers":{"k":"v"},"id":"7","partition_id":2}
                {"payload":"dHdv","partition_id":2,"offset":5,"user_headers":[{"key":{"kind":"string","value":"k"},"value":{"kind":"string","value":"v"}}]}
                {"value":{"a": 1}, "id": 9}
                """u8],
        };
        var result = await tool.RunAsync("m s s t --json-lines");
        Assert.Equal("", result.Error);
        var sent = result.Requests.Where(request => request.Code == 101).Select(request => Read(request.Payload)).ToArray();
        Assert.Equal(["one", "two"], sent[0].Payloads);
        Assert.Equal([Header("k", "v"), Header("k", "v")], sent[0].Headers);
        Assert.Equal((UInt128)7, sent[0].Ids[0]);
        Assert.Equal((PartitioningKind.Balanced, """{"a": 1}"""), (sent[1].Kind, Assert.Single(sent[1].Payloads)));
    }

    [Theory]
    [InlineData("--json-lines", "[1]")]
    [InlineData("--json-lines", "{")]
    [InlineData("--json-lines", "{}")]
    [InlineData("--json-lines", """{"payload":"?"}""")]
    [InlineData("--json-lines", """{"text":"a","partition_id":-1}""")]
    [InlineData("--json-lines", """{"text":"a","key":""}""")]
    [InlineData("--key-separator =", "=no key")]
    public async Task Send_LineThatCannotBe_IsUsage(string option, string line)
    {
        using var tool = new Tool { Input = Encoding.UTF8.GetBytes(line) };
        var result = await tool.RunAsync($"m s s t {option}");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.StartsWith("A line ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
    }
}
