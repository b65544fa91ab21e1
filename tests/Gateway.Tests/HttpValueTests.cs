using System.Text;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Http;
using Iggy.Gateway.Http.Messages;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Tests;

/// <summary>Small values of the HTTP API, against what is written down for clients.</summary>
public sealed class HttpValueTests
{
    [Theory]
    [InlineData(0UL, "0 B")]
    [InlineData(204UL, "204 B")]
    [InlineData(999UL, "999 B")]
    [InlineData(1000UL, "1 KB")]
    [InlineData(1023UL, "1.023 KB")]
    [InlineData(1024UL, "1 KiB")]
    [InlineData(1500UL, "1.5 KB")]
    [InlineData(1536UL, "1.5 KiB")]
    [InlineData(69092UL, "69.092 KB")]
    [InlineData(1048576UL, "1 MiB")]
    [InlineData(1179648UL, "1.125 MiB")]
    [InlineData(1234567UL, "1234.567 KB")]
    [InlineData(3211776UL, "3136.5 KiB")]
    [InlineData(37142528UL, "36272 KiB")]
    [InlineData(1073741824UL, "1 GiB")]
    [InlineData(2000000000UL, "2 GB")]
    [InlineData(67344973824UL, "65766576 KiB")]
    [InlineData(10737418240UL, "10 GiB")]
    [InlineData(2_000_000_000_000_000UL, "2000 TB")]
    public void Size_OfBytes_IsExactInTheLargestUnit(ulong bytes, string text) => Assert.Equal(text, HttpValues.Size(bytes));

    [Theory]
    [InlineData(IggyError.StreamIdNotFound, 404, "stream_id_not_found", "stream_id")]
    [InlineData(IggyError.TopicIdNotFound, 404, "topic_id_not_found", "topic_id")]
    [InlineData(IggyError.StreamNameAlreadyExists, 400, "stream_name_already_exists", "name")]
    [InlineData(IggyError.UserAlreadyExists, 400, "user_already_exists", "username")]
    [InlineData(IggyError.InvalidOffset, 400, "invalid_offset", "offset")]
    [InlineData(IggyError.Unauthenticated, 401, "unauthenticated", null)]
    [InlineData(IggyError.InvalidAccessToken, 401, "invalid_access_token", null)]
    [InlineData(IggyError.Unauthorized, 403, "unauthorized", null)]
    [InlineData(IggyError.InvalidCredentials, 400, "invalid_credentials", null)]
    [InlineData(IggyError.InvalidUtf8, 400, "invalid_utf8", null)]
    [InlineData(IggyError.CannotCloseWebSocketConnection, 400, "cannot_close_web_socket_connection", null)]
    [InlineData(IggyError.ConsumerGroupIdNotFound, 404, "consumer_group_id_not_found", null)]
    public void Error_HasTheStatusNameAndFieldOfTheRelease(IggyError error, int status, string code, string? field)
    {
        var body = HttpErrors.Body(error);
        Assert.Equal((status, (uint)error, code, field), (HttpErrors.Status(error), body.Id, body.Code, body.Field));
    }

    // Goal: a send's JSON becomes what a binary client would have sent. Method: fields in every order.
    [Fact]
    public void Send_FieldsInAnyOrder_GiveTheSameMessage()
    {
        string[] fields = ["\"payload\":\"aGVsbG8=\"", "\"id\":7", "\"user_headers\":[{\"value\":{\"value\":\"Yg==\",\"kind\":\"raw\"},\"key\":{\"kind\":\"string\",\"value\":\"YQ\"}}]", "\"offset\":9"];
        foreach (var order in new[] { "0123", "3210", "2031", "1302" })
        {
            var json = $"{{\"messages\":[{{{string.Join(',', order.Select(digit => fields[digit - '0']))}}}],\"partitioning\":{{\"value\":\"a2V5\",\"kind\":\"messages_key\"}}}}";
            using var send = SendBodyReader.Read(Encoding.UTF8.GetBytes(json), 1_000_000, originMicros: 5);
            send.Check();
            var messages = new ClassicMessageEnumerator(send.Batch.Messages.Span);
            Assert.True(messages.MoveNext());
            Assert.Equal((UInt128)7, messages.Current.Header.Id);
            Assert.Equal(5ul, messages.Current.Header.OriginTimestampMicros);
            Assert.Equal("hello", Encoding.UTF8.GetString(messages.Current.Payload));
            Assert.Equal("020100000061010100000062", Convert.ToHexString(messages.Current.UserHeaders));
            Assert.False(messages.MoveNext());
            Assert.Equal((IggyError.None, 1u), (messages.Error, send.Batch.Count));
        }
    }

    [Fact]
    public void Send_LargerThanAllowed_IsRefusedBeforeItIsHeld()
    {
        var json = Encoding.UTF8.GetBytes($"{{\"partitioning\":{{\"kind\":\"balanced\",\"value\":\"\"}},\"messages\":[{{\"payload\":\"{Convert.ToBase64String(new byte[2000])}\"}}]}}");
        Assert.Equal(413, Assert.Throws<RequestRejectedException>(() => SendBodyReader.Read(json, 1000, 0)).Status);
        using var fits = SendBodyReader.Read(json, 3000, 0);
        Assert.Equal(2064, fits.Batch.Messages.Length);
    }

    [Theory]
    [InlineData("007", 7u, null)]
    [InlineData("+7", 7u, null)]
    [InlineData("4294967295", 4294967295u, null)]
    [InlineData("4294967296", 0u, "4294967296")]
    [InlineData("-7", 0u, "-7")]
    [InlineData("+", 0u, "+")]
    public void Identifier_OfAPath_IsANumberWhereItFits(string text, uint number, string? name)
    {
        var id = HttpCall.ParseIdentifier(text);
        Assert.Equal((number, name), (id.Number, id.Name));
        Assert.Throws<CommandRefusedException>(() => HttpCall.ParseIdentifier(""));
    }
}
