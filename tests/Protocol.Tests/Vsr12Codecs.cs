using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;

namespace Iggy.Protocol.Tests;

/// <summary>The codecs of the 0.12 line where it differs from the 0.11 one: decode, and encode again.</summary>
internal static class Vsr12Codecs
{
    /// <summary>Of request bodies, by command.</summary>
    public static IReadOnlyDictionary<CommandCode, ReplyCodecs.Decoder> Requests { get; } = new Dictionary<CommandCode, ReplyCodecs.Decoder>
    {
        [CommandCode.BindSession] = One<BindSessionRequest>(),
        [CommandCode.UpdateResource] = One<UpdateResourceRequest>(),
        [CommandCode.GetMetadataChanges] = One<MetadataChangesRequest>(),
        [CommandCode.CreateStream] = One<CreateOptionedStreamRequest>(),
        [CommandCode.CreateTopic] = One<CreateOptionedTopicRequest>(),
        [CommandCode.GetPartitionRoute] = One<PartitionRouteRequest>(),
        [CommandCode.PollMessagesDeferred] = DeferredPoll,
        [CommandCode.FetchMessages] = One<FetchRequest>(),
        [CommandCode.SendMessages] = Send,
        [CommandCode.StoreConsumerOffset] = static body => Offset(body, isStore: true),
        [CommandCode.DeleteConsumerOffset] = static body => Offset(body, isStore: false),
    };

    /// <summary>Of reply bodies behind the result section, by command.</summary>
    public static IReadOnlyDictionary<CommandCode, ReplyCodecs.Decoder> Replies { get; } = new Dictionary<CommandCode, ReplyCodecs.Decoder>
    {
        [CommandCode.BindSession] = VsrCodecs.Login,
        [CommandCode.GetStats] = One<StatsWithFiles>(),
        [CommandCode.GetClusterMetadata] = One<Roster>(),
        [CommandCode.DescribeOptions] = One<FlaggedOptions>(),
        [CommandCode.GetMetadataChanges] = One<MetadataChangesReply>(),
        [CommandCode.GetPartitionRoute] = One<PartitionRouteReply>(),
        [CommandCode.CreateStream] = One<OptionedStream>(),
        [CommandCode.GetStream] = One<OptionedStreamDetails>(),
        [CommandCode.GetStreams] = List<OptionedStream>(),
        [CommandCode.CreateTopic] = One<OptionedTopicDetails>(),
        [CommandCode.GetTopic] = One<OptionedTopicDetails>(),
        [CommandCode.GetTopics] = One<OptionedTopics>(),
        [CommandCode.CreateUser] = One<OptionedUserDetails>(),
        [CommandCode.GetUser] = One<OptionedUserDetails>(),
        [CommandCode.GetUsers] = List<OptionedUser>(),
        [CommandCode.PollMessages] = Poll,
        [CommandCode.PollMessagesDeferred] = Poll,
        [CommandCode.FetchMessages] = Fetch,
    };

    private static ReplyCodecs.Decoder One<T>() where T : IWireValue<T> => static payload =>
    {
        var error = WireValues.TryRead<T>(payload, out var value);
        return (error, error is IggyError.None ? Bytes.Of(value!) : []);
    };

    private static ReplyCodecs.Decoder List<T>() where T : IWireValue<T> => static payload =>
    {
        var error = WireValues.TryReadList<T>(payload, out var records);
        return (error, Bytes.Of(writer => writer.Records<T>([.. records])));
    };

    private static (IggyError Error, byte[] Written) Offset(ReadOnlySpan<byte> body, bool isStore)
    {
        VsrOffsetView request;
        if ((isStore ? VsrOffsetView.TryReadStore(body, out request, mayBeExternal: true) : VsrOffsetView.TryReadDelete(body, out request, mayBeExternal: true)) is var error and not IggyError.None)
            return (error, []);
        var (address, offset, ack) = (request.Address.ToAddress(), request.Offset, body[^1]);
        return (IggyError.None, Bytes.Of(writer =>
        {
            address.Write(writer);
            if (isStore)
                writer.U64(offset);
            writer.U8(ack);
        }));
    }

    private static (IggyError Error, byte[] Written) DeferredPoll(ReadOnlySpan<byte> body)
    {
        if (DeferredPollView.TryRead(body, out var request) is var error and not IggyError.None)
            return (error, []);
        var poll = new PollMessagesRequest(request.Poll.Address.ToAddress(), request.Poll.Strategy, request.Poll.Count, request.Poll.AutoCommit);
        var patience = request.Patience;
        return (IggyError.None, Bytes.Of(writer => DeferredPollView.Write(writer, poll, patience)));
    }

    // A producer is no part of what clients here write, so the head of the batch is written by itself.
    private static (IggyError Error, byte[] Written) Send(ReadOnlySpan<byte> body)
    {
        if (VsrSendRequest.TryRead(body, out var request) is var error and not IggyError.None)
            return (error, []);
        var batch = body[request.BatchRange];
        if (Batch.Check(batch, request.MessagesCount, mayNameProducer: true) is var wrong and not IggyError.None)
            return (wrong, []);
        var written = body.ToArray();
        written.AsSpan(request.BatchRange.GetOffsetAndLength(written.Length).Offset, BatchHeader.SizeInBytes).Fill(0xee);
        BatchHeader.At(batch).WriteTo(written.AsSpan(request.BatchRange));
        return (Batch.CheckFrames(batch), written);
    }

    private static (IggyError Error, byte[] Written) Poll(ReadOnlySpan<byte> body)
    {
        if (PollHead.TryRead(body, out var reply) is var error and not IggyError.None)
            return (error, []);
        var written = new byte[body.Length];
        PollMessagesReply.WriteHead(written, reply.PartitionId, reply.CurrentOffset, reply.MessagesCount);
        reply.Context.Write(written.AsSpan(PollMessagesReply.HeadSizeInBytes));
        return (WriteRecords(reply.Records, written.AsSpan(PollHead.SizeInBytes)), written);
    }

    private static (IggyError Error, byte[] Written) Fetch(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var table = FetchTable.Read(ref reader);
        if (reader.Error is not IggyError.None || table.Sections.Sum(section => section.RecordsBytes) != reader.Remaining)
            return (IggyError.InvalidCommand, []);
        var written = new byte[body.Length];
        Bytes.Of(table).CopyTo(written, 0);
        return (WriteRecords(body[reader.Position..], written.AsSpan(reader.Position)), written);
    }

    private static IggyError WriteRecords(ReadOnlySpan<byte> records, Span<byte> written)
    {
        while (!records.IsEmpty)
        {
            var header = BatchHeader.At(records);
            var record = records[..(int)header.BatchBytes];
            if (header.MessagesCount == 0 || !Batch.IsChecksumRight(record))
                return IggyError.InvalidBatchChecksum;
            header.WriteTo(written);
            var at = BatchHeader.SizeInBytes;
            for (var walk = new BatchEnumerator(record); walk.MoveNext(); at += walk.Current.Frame.Length)
                walk.Current.Frame.CopyTo(written[at..]);
            records = records[record.Length..];
            written = written[record.Length..];
        }
        return IggyError.None;
    }
}
