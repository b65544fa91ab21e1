using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CsCheck;
using Iggy.Client.Http;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Tests;

/// <summary>HTTP: messages to JSON and back.</summary>
public sealed class HttpMessageTests
{
    private static readonly Gen<UInt128> _ids = Gen.OneOf(
        Gen.Const(UInt128.Zero), Gen.Const(UInt128.MaxValue), Gen.ULong.Select(id => (UInt128)id), Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low)));

    // Goal: a batch of any messages is JSON that says what was given. Method: an independent reader.
    [Fact]
    public void Send_AnyMessages_AreSaidInJson() =>
        Gen.Select(Gen.Byte.Array[1, 500], Gen.Byte.Array[0, 100], _ids, Gen.ULong, (payload, headers, id, origin) =>
            new Message(payload) { UserHeaders = headers, Id = id, OriginTimestampMicros = origin }).Array[1, 20].Sample(messages =>
        {
            using var body = SendJson.Encode(Partitioning.ByKey("k"u8.ToArray()), messages);
            using var json = JsonDocument.Parse(body.Written);
            var partitioning = json.RootElement.GetProperty("partitioning");
            Assert.Equal(("messages_key", "k"), (partitioning.GetProperty("kind").GetString(), Encoding.UTF8.GetString(partitioning.GetProperty("value").GetBytesFromBase64())));
            Assert.All(messages.Zip(json.RootElement.GetProperty("messages").EnumerateArray(), (given, said) => (given, said)), both =>
            {
                Assert.Equal(both.given.Payload.ToArray(), both.said.GetProperty("payload").GetBytesFromBase64());
                Assert.Equal(both.given.UserHeaders.ToArray(), both.said.TryGetProperty("user_headers", out var headers) ? headers.GetBytesFromBase64() : []);
                Assert.Equal(both.given.Id, both.said.TryGetProperty("id", out var id) ? UInt128.Parse(id.ToString(), null) : 0);
                Assert.Equal(both.given.Id > ulong.MaxValue ? JsonValueKind.String : both.given.Id == 0 ? JsonValueKind.Undefined : JsonValueKind.Number, id.ValueKind);
                Assert.Equal(both.given.OriginTimestampMicros, both.said.TryGetProperty("header", out var header) ? header.GetProperty("origin_timestamp").GetUInt64() : 0);
            });
            Assert.Equal(messages.Length, json.RootElement.GetProperty("messages").GetArrayLength());
        });

    // Goal: the largest message there may be goes out whole.
    [Fact]
    public void Send_TheLargestMessage_IsWhole()
    {
        var payload = new byte[ProtocolLimits.MaxMessagePayloadBytes];
        Random.Shared.NextBytes(payload);
        using var body = SendJson.Encode(Partitioning.ToPartition(3), [new(payload) { UserHeaders = new byte[ProtocolLimits.MaxUserHeadersBytes] }]);
        using var json = JsonDocument.Parse(body.Written);
        Assert.Equal(payload, json.RootElement.GetProperty("messages")[0].GetProperty("payload").GetBytesFromBase64());
        Assert.Equal("AwAAAA==", json.RootElement.GetProperty("partitioning").GetProperty("value").GetString());
    }

    [Fact]
    public void Send_WhatCannotBe_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => SendJson.Encode(Partitioning.Balanced, []));
        Assert.Throws<ArgumentException>(() => SendJson.Encode(Partitioning.Balanced, [new(new byte[ProtocolLimits.MaxMessagePayloadBytes + 1])]));
        Assert.Throws<ArgumentException>(() => SendJson.Encode(Partitioning.Balanced, [new("m") { UserHeaders = new byte[ProtocolLimits.MaxUserHeadersBytes + 1] }]));
        Assert.Throws<InvalidOperationException>(() => SendJson.Encode(default, [new("m")]));
        Assert.Equal(IggyError.FeatureUnavailable, Assert.Throws<IggyException>(() => SendJson.Encode(Partitioning.Balanced, [new("")])).Error);
    }

    // Goal: any poll reply comes out as the binary protocol has it, to the byte, whatever the order of fields and however plus signs are written.
    // Method: binary replies are told as JSON by an independent writer.
    [Fact]
    public void Poll_AnyReply_IsTheBinaryReply() =>
        Gen.Select(Gen.Byte.Array[0, 500], Gen.Byte.Array[0, 100], _ids, Gen.ULong.Array[4]).Array[0, 20].Select(Gen.UInt, Gen.ULong, Gen.Bool).Sample((messages, partition, current, isBackwards) =>
        {
            var expected = new byte[16 + messages.Sum(message => 64 + message.Item1.Length + message.Item2.Length)];
            PollMessagesReply.WriteHead(expected, partition, current, (uint)messages.Length);
            var (at, texts) = (16, new List<string>());
            foreach (var (payload, headers, id, numbers) in messages)
            {
                var header = new ClassicMessageHeader { Id = id, Offset = numbers[1], TimestampMicros = numbers[2], OriginTimestampMicros = numbers[3] };
                var bytes = ClassicMessageWriter.Write(expected.AsSpan(at), header, payload, headers);
                string[] fields =
                [
                    $$"""
                    "header":{"checksum":{{BinaryPrimitives.ReadUInt64LittleEndian(expected.AsSpan(at))}},"id":{{id}},"offset":{{numbers[1]}},"timestamp":{{numbers[2]}},
                    "origin_timestamp":{{numbers[3]}},"user_headers_length":{{headers.Length}},"payload_length":{{payload.Length}},"reserved":0}
                    """,
                    $"\"payload\":\"{Convert.ToBase64String(payload).Replace("+", isBackwards ? "\\u002B" : "+", StringComparison.Ordinal)}\"",
                    headers.Length == 0 && isBackwards ? "\"user_headers\":[]" : $"\"user_headers\":\"{Convert.ToBase64String(headers)}\"",
                    "\"more\":{\"a\":[1]}",
                ];
                texts.Add($"{{{string.Join(',', isBackwards ? fields.Reverse() : fields)}}}");
                at += bytes;
            }
            var json = $$"""{"partition_id":{{partition}},"current_offset":{{current}},"count":{{messages.Length}},"messages":[{{string.Join(',', texts)}}]}""";
            using var reply = PollJson.Read(Encoding.UTF8.GetBytes(json));
            Assert.Equal(expected, reply.Payload.ToArray());
        });

    // Goal: headers told as a list are the block they stand for.
    [Fact]
    public void Poll_HeadersAsAList_AreABlock()
    {
        var headers = new MessageHeaders().Add("text", "value").Add("flag", true).Add("wide", (Int128)(-7)).Add("float", 1.5).ToMemory();
        var list = new List<string>();
        var fields = new UserHeaderEnumerator(headers.Span);
        string[] kinds = ["", "raw", "string", "bool", "int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128", "float32", "float64"];
        while (fields.MoveNext())
        {
            list.Add($$$"""
                {"value":{"value":"{{{Convert.ToBase64String(fields.Value.Bytes)}}}","kind":"{{{kinds[(int)fields.Value.Kind]}}}"},
                 "key":{"kind":"{{{kinds[(int)fields.Key.Kind]}}}","value":"{{{Convert.ToBase64String(fields.Key.Bytes)}}}"}}
                """);
        }
        Assert.Equal(4, list.Count);
        using var polled = new PolledMessages(PollJson.Read(Encoding.UTF8.GetBytes(One($"[{string.Join(',', list)}]"))));
        Assert.Equal(headers.ToArray(), Assert.Single(polled).UserHeaders.ToArray());
    }

    // Goal: no text breaks the reader in another way than it says. Method: a good reply with one character changed, dropped or doubled.
    [Fact]
    public void Poll_DamagedReply_IsReadOrRefused()
    {
        var good = One("\"AgEAAABhAgEAAABi\"");
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Char[' ', '~'], Gen.Int[0, 2]).Sample((at, character, how) =>
        {
            var text = how == 0 ? good.Remove(at, 1) : how == 1 ? good.Insert(at, $"{character}") : good.Remove(at, 1).Insert(at, $"{character}");
            try
            {
                using var polled = new PolledMessages(PollJson.Read(Encoding.UTF8.GetBytes(text)));
                return polled.Count <= 1;
            }
            catch (IggyException refused)
            {
                return refused.Error is IggyError.CannotDeserializeResource;
            }
        });
    }

    private static string One(string headers) =>
        $$$"""{"partition_id":0,"current_offset":1,"count":1,"messages":[{"header":{"checksum":1,"id":2,"offset":1,"timestamp":3,"origin_timestamp":4},"payload":"+/8=","user_headers":{{{headers}}}}]}""";
}
