using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>Sending and polling.</summary>
public sealed class MessagesTests(GrpcFixture fixture)
{
    // Goal: what is sent comes back as it was, with all that a message can have.
    [Fact]
    public async Task Send_OfEverythingThatAMessageHas_ComesBackAsItWas()
    {
        var stream = await fixture.NewTopicAsync();
        var id = Guid.NewGuid().ToByteArray(bigEndian: true);
        var sent = new NewMessage
        {
            Payload = ByteString.CopyFromUtf8("first"), Id = ByteString.CopyFrom(id), OriginTimestampMicros = 42,
            Headers =
            {
                new Header { Key = ByteString.CopyFromUtf8("name"), Value = ByteString.CopyFromUtf8("value") },
                new Header { Key = ByteString.CopyFromUtf8("count"), Value = ByteString.CopyFrom(BitConverter.GetBytes(7)), ValueKind = HeaderKind.Int32 },
            },
        };
        var large = new NewMessage { Payload = ByteString.CopyFrom(new byte[300_000]) };
        var answer = await fixture.Messages.SendAsync(
            new SendRequest { Stream = stream, Topic = "t", PartitionId = 0, Messages = { sent, large } }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal((0u, 0u, 0UL), (answer.TopicId, answer.PartitionId, answer.BaseOffset));

        var polled = await PollAsync(stream, new PollRequest { From = StartFrom.First, Count = 10 });
        Assert.Equal([0UL, 1UL], polled.Messages.Select(message => message.Offset));
        Assert.Equal(1UL, polled.CurrentOffset);
        var first = polled.Messages[0];
        Assert.Equal(("first", 42UL), (first.Payload.ToStringUtf8(), first.OriginTimestampMicros));
        Assert.Equal(id, first.Id.ToByteArray());
        Assert.NotEqual(0UL, first.TimestampMicros);
        Assert.Equal(("name", "value", HeaderKind.Text), (first.Headers[0].Key.ToStringUtf8(), first.Headers[0].Value.ToStringUtf8(), first.Headers[0].ValueKind));
        Assert.Equal((7, HeaderKind.Int32), (BitConverter.ToInt32(first.Headers[1].Value.Span), first.Headers[1].ValueKind));
        Assert.Equal(300_000, polled.Messages[1].Payload.Length);
    }

    // Goal: a key always means one partition, and without a choice the partitions take turns.
    [Fact]
    public async Task Send_ByKeyAndInTurn_ChoosesPartitions()
    {
        var stream = await fixture.NewTopicAsync(partitions: 3);
        var (keyed, turns) = (new HashSet<uint>(), new HashSet<uint>());
        for (var i = 0; i < 6; i++)
        {
            keyed.Add((await fixture.Messages.SendAsync(
                new SendRequest { Stream = stream, Topic = "t", MessagesKey = ByteString.CopyFromUtf8("key"), Messages = { Text("x") } }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).PartitionId);
            turns.Add((await fixture.SendAsync(stream, i, 1, partition: null)).PartitionId);
        }
        Assert.Single(keyed);
        Assert.Equal(3, turns.Count);
    }

    // Goal: a stream of batches is answered one by one in order, a bad one does not end it, and stream and topic need not be said again.
    [Fact]
    public async Task Publish_OfBatches_AnswersEachById()
    {
        var stream = await fixture.NewTopicAsync();
        using var call = fixture.Messages.Publish(fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.True(await call.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.InRange(call.ResponseStream.Current.Window.Batches, 1u, 1000u);

        await call.RequestStream.WriteAsync(new PublishRequest { Stream = stream, Topic = "t", PartitionId = 0, Id = 11, Messages = { Text("a"), Text("b") } }, GrpcFixture.Cancelled);
        await call.RequestStream.WriteAsync(new PublishRequest { PartitionId = 0, Id = 12 }, GrpcFixture.Cancelled);
        await call.RequestStream.WriteAsync(new PublishRequest { PartitionId = 9, Id = 13, Messages = { Text("x") } }, GrpcFixture.Cancelled);
        await call.RequestStream.WriteAsync(new PublishRequest { PartitionId = 0, Id = 14, Messages = { Text("c") } }, GrpcFixture.Cancelled);
        await call.RequestStream.CompleteAsync();
        var answers = new List<string>();
        while (await call.ResponseStream.MoveNext(GrpcFixture.Cancelled))
        {
            answers.Add(call.ResponseStream.Current switch
            {
                { Confirmation: { } done } => string.Create(CultureInfo.InvariantCulture, $"{done.Id} at {done.Place.BaseOffset}"),
                { Refusal: { } refusal } => string.Create(CultureInfo.InvariantCulture, $"{refusal.Id} {refusal.Reason} {refusal.Code}"),
                _ => "?",
            });
        }
        Assert.Equal(["11 at 0", "12 INVALID_MESSAGES_COUNT 4009", "13 PARTITION_NOT_FOUND 3007", "14 at 2"], answers);
    }

    // Goal: a poll waits for a message that comes later, and the offset that it stores is where the next one goes on.
    [Fact]
    public async Task Poll_WithAWait_ReturnsWhatComesLater()
    {
        var stream = await fixture.NewTopicAsync();
        var waiting = PollAsync(stream, new PollRequest { Consumer = "c", From = StartFrom.Stored, Count = 5, AutoCommit = true, WaitMillis = 60_000, MinCount = 2 });
        await fixture.SendAsync(stream, 0, 1);
        await fixture.SendAsync(stream, 1, 1);
        Assert.Equal(2, (await waiting).Messages.Count);
        await fixture.SendAsync(stream, 2, 1);
        Assert.Equal([2UL], (await PollAsync(stream, new PollRequest { Consumer = "c", From = StartFrom.Stored, Count = 5 })).Messages.Select(message => message.Offset));
    }

    // Goal: a deadline ends a wait, and nothing of it stays behind.
    [Fact]
    public async Task Poll_PastItsDeadline_EndsWithTheStatus()
    {
        var stream = await fixture.NewTopicAsync();
        var failed = await Assert.ThrowsAsync<RpcException>(() => fixture.Messages.PollAsync(
            new PollRequest { Stream = stream, Topic = "t", WaitMillis = 60_000 }, fixture.Root, TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(0.3), GrpcFixture.Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.DeadlineExceeded, failed.StatusCode);
        await fixture.SendAsync(stream, 0, 1);
        Assert.Single((await PollAsync(stream, new PollRequest { From = StartFrom.First })).Messages);
    }

    // Goal: the bytes of an answer stay within what is asked for, and one message that is larger comes alone.
    [Fact]
    public async Task Poll_WithFewBytes_ReturnsFewMessages()
    {
        var stream = await fixture.NewTopicAsync();
        await fixture.SendAsync(stream, 0, 100, payloadBytes: 1000);
        var polled = await PollAsync(stream, new PollRequest { From = StartFrom.First, Count = 100, MaxBytes = 10_000 });
        Assert.InRange(polled.Messages.Count, 1, 10);
        await fixture.Messages.SendAsync(
            new SendRequest { Stream = stream, Topic = "t", PartitionId = 0, Messages = { new NewMessage { Payload = ByteString.CopyFrom(new byte[3_000_000]) } } }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal(3_000_000, Assert.Single((await PollAsync(stream, new PollRequest { From = StartFrom.Offset, Value = 100, Count = 100 })).Messages).Payload.Length);
    }

    // Goal: whoever asks wrongly hears what is wrong by status, name and number.
    [Fact]
    public async Task Send_OfWhatCannotBeSent_IsRefusedByName()
    {
        var stream = await fixture.NewTopicAsync();
        async Task<(StatusCode, string, string)> Send(SendRequest request) => await GrpcFixture.RefusalAsync(() => fixture.Messages.SendAsync(request, fixture.Root, cancellationToken: GrpcFixture.Cancelled).ResponseAsync);
        Assert.Equal((StatusCode.NotFound, "STREAM_ID_NOT_FOUND", "1009"), await Send(new SendRequest { Stream = "nothing", Topic = "t", Messages = { Text("x") } }));
        Assert.Equal((StatusCode.NotFound, "TOPIC_ID_NOT_FOUND", "2010"), await Send(new SendRequest { Stream = stream, Topic = "u", Messages = { Text("x") } }));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_MESSAGES_COUNT", "4009"), await Send(new SendRequest { Stream = stream, Topic = "t" }));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_IDENTIFIER", "6"), (await Send(new SendRequest { Topic = "t", Messages = { Text("x") } })));
        Assert.Equal((StatusCode.InvalidArgument, "EMPTY_MESSAGE_PAYLOAD", "4024"), await Send(new SendRequest { Stream = stream, Topic = "t", Messages = { new NewMessage() } }));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_HEADER_VALUE", "4019"), await Send(new SendRequest
        {
            Stream = stream, Topic = "t", Messages = { new NewMessage { Payload = ByteString.CopyFromUtf8("x"), Headers = { new Header { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFromUtf8("long"), ValueKind = HeaderKind.Int8 } } } },
        }));
    }

    // Goal: a stored offset can be seen, set and forgotten.
    [Fact]
    public async Task Offsets_OfAConsumer_AreStoredAndForgotten()
    {
        var stream = await fixture.NewTopicAsync();
        await fixture.SendAsync(stream, 0, 5);
        var address = new OffsetAddress { Stream = stream, Topic = "t", PartitionId = 0, Consumer = "c" };
        Assert.False((await fixture.Offsets.GetOffsetAsync(new GetOffsetRequest { Address = address }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).HasStoredOffset);
        await fixture.Offsets.StoreOffsetAsync(new StoreOffsetRequest { Address = address, Offset = 3 }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        var found = await fixture.Offsets.GetOffsetAsync(new GetOffsetRequest { Address = address }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal((3UL, 4UL), (found.StoredOffset, found.CurrentOffset));
        Assert.Equal([4UL], (await PollAsync(stream, new PollRequest { Consumer = "c" })).Messages.Select(message => message.Offset));
        await fixture.Offsets.DeleteOffsetAsync(new DeleteOffsetRequest { Address = address }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.False((await fixture.Offsets.GetOffsetAsync(new GetOffsetRequest { Address = address }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).HasStoredOffset);
    }

    private static NewMessage Text(string text) => new() { Payload = ByteString.CopyFromUtf8(text) };

    private async Task<PollResponse> PollAsync(string stream, PollRequest request)
    {
        (request.Stream, request.Topic) = (stream, "t");
        return await fixture.Messages.PollAsync(request, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
    }
}
