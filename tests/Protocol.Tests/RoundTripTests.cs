using CsCheck;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>What is written is read as the same, for values no one thought of.</summary>
public class RoundTripTests
{
    [Fact]
    public void Poll_WrittenAndRead_IsEqual() => Gens.Poll.Sample(IsKept);

    [Fact]
    public void CreateTopic_WrittenAndRead_IsEqual() => Gens.CreateTopic.Sample(IsKept);

    [Fact]
    public void UpdateUser_WrittenAndRead_IsEqual() => Gens.UpdateUser.Sample(IsKept);

    [Fact]
    public void StoreOffset_WrittenAndRead_IsEqual() =>
        Gen.Select(Gens.Address, Gen.ULong, (address, offset) => new StoreConsumerOffsetRequest(address, offset)).Sample(IsKept);

    [Fact]
    public void JoinGroup_WrittenAndRead_IsEqual() =>
        Gen.Select(Gens.Identifier, Gens.Identifier, Gens.Identifier, (stream, topic, group) => new JoinConsumerGroupRequest(stream, topic, group)).Sample(IsKept);

    // Goal: entries come in ascending order whatever order they were given in, and none is lost.
    [Fact]
    public void Permissions_WrittenAndRead_AreSorted() => Gens.Permissions.Sample(permissions =>
    {
        var written = Bytes.Of(permissions);
        Assert.Equal(IggyError.None, Permissions.TryRead(written, out var read));
        var sorted = permissions with
        {
            Streams = [.. permissions.Streams.OrderBy(stream => stream.StreamId)
                .Select(stream => stream with { Topics = [.. stream.Topics.OrderBy(topic => topic.TopicId)] })],
        };
        return NoteText.Permissions(read) == NoteText.Permissions(sorted) && Bytes.Of(read!).AsSpan().SequenceEqual(written);
    });

    [Fact]
    public void PermissionWrappers_WrittenAndRead_KeepTheBlock() => Gens.Permissions.Sample(permissions =>
    {
        var request = new WireReader(Bytes.Of(writer => Permissions.WriteOptional(writer, permissions)));
        var asRead = Permissions.ReadOptional(ref request);
        var details = new WireReader(Bytes.Of(writer => Permissions.WriteInDetails(writer, permissions)));
        var asDetails = Permissions.ReadInDetails(ref details);
        return request is { Error: IggyError.None, IsAtEnd: true } && details is { Error: IggyError.None, IsAtEnd: true }
            && Bytes.Of(asRead!).AsSpan().SequenceEqual(Bytes.Of(permissions)) && Bytes.Of(asDetails!).AsSpan().SequenceEqual(Bytes.Of(permissions));
    });

    // Goal: the writer of a send makes batches that pass the server's checks and hold what went in.
    [Fact]
    public void Send_WrittenCheckedAndRead_IsEqual() =>
        Gen.Select(Gens.Identifier, Gens.Identifier, Gens.Partitioning, Gens.Message.Array[1, 9]).Sample((stream, topic, partitioning, messages) =>
        {
            var payload = Bytes.Of(writer => SendMessagesWriter.Write(writer, stream, topic, partitioning, messages));
            Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(payload, out var request));
            Assert.Equal(IggyError.None, ClassicBatch.Check(request.Indexes, request.Messages));
            Assert.Equal(stream, request.Stream.ToIdentifier());
            Assert.Equal(topic, request.Topic.ToIdentifier());
            Assert.Equal(partitioning.Kind, request.Partitioning.Kind);
            Assert.Equal(partitioning.PartitionId, request.Partitioning.PartitionId);
            Assert.Equal((uint)messages.Length, request.MessagesCount);
            if (partitioning.Kind is PartitioningKind.MessagesKey)
                Assert.Equal(partitioning.Key.Span, request.Partitioning.Value);

            var walk = new ClassicMessageEnumerator(request.Messages);
            foreach (var message in messages)
            {
                Assert.True(walk.MoveNext());
                Assert.Equal(message.Payload.Span, walk.Current.Payload);
                Assert.Equal(message.UserHeaders.Span, walk.Current.UserHeaders);
                Assert.Equal((message.Id, message.OriginTimestampMicros), (walk.Current.Header.Id, walk.Current.Header.OriginTimestampMicros));
            }
            Assert.False(walk.MoveNext());
        });

    private static bool IsKept<T>(T request) where T : struct, IWireRequest<T>
    {
        var written = Bytes.Of(request);
        Assert.Equal(IggyError.None, WireValues.TryRead<T>([.. written, 1, 2, 3], out var read)); // what follows the last field is ignored
        return read.Equals(request) && Bytes.Of(read).AsSpan().SequenceEqual(written);
    }
}
