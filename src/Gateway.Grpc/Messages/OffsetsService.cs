using Grpc.Core;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Routing;
using Iggy.Protocol;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Messages;

/// <summary>Stored offsets of consumers, and of groups in which nobody is.</summary>
internal sealed class OffsetsService(ConsumerOffsetCommands offsets, GroupReadCommands groups, MessageCommands messages) : Offsets.OffsetsBase
{
    public override async Task<GetOffsetResponse> GetOffset(GetOffsetRequest request, ServerCallContext context)
    {
        var (session, address, partition) = await OpenAsync(request.Address, context);
        var found = Group(request.Address) is { } group
            ? await groups.FindAsync(session, address, group, partition)
            : await offsets.FindAsync(session, address, Consumers.Key(request.Address.Consumer), partition);
        var answer = new GetOffsetResponse { PartitionId = partition };
        if (found is { } offset)
            (answer.CurrentOffset, answer.StoredOffset) = (offset.CurrentOffset, offset.StoredOffset);
        return answer;
    }

    public override async Task<StoreOffsetResponse> StoreOffset(StoreOffsetRequest request, ServerCallContext context)
    {
        var (session, address, partition) = await OpenAsync(request.Address, context);
        CommandRefusedException.ThrowIf(Group(request.Address) is { } group
            ? await groups.StoreAsync(session, address, group, partition, request.Offset)
            : await offsets.StoreAsync(session, address, Consumers.Key(request.Address.Consumer), partition, request.Offset));
        return new StoreOffsetResponse();
    }

    public override async Task<DeleteOffsetResponse> DeleteOffset(DeleteOffsetRequest request, ServerCallContext context)
    {
        var (session, address, partition) = await OpenAsync(request.Address, context);
        CommandRefusedException.ThrowIf(Group(request.Address) is { } group
            ? await groups.DeleteAsync(session, address, group, partition)
            : await offsets.DeleteAsync(session, address, Consumers.Key(request.Address.Consumer), partition));
        return new DeleteOffsetResponse();
    }

    private async ValueTask<(Sessions.Session Session, TopicAddress Topic, uint PartitionId)> OpenAsync(OffsetAddress? address, ServerCallContext context)
    {
        if (address is null)
            throw new CommandRefusedException(IggyError.InvalidCommand);
        var (session, topic) = (CallState.Of(context).Session, Names.Topic(address.Stream, address.Topic));
        await messages.RequireTopicAsync(session, MessageAction.Poll, topic);
        return (session, topic, address.PartitionId);
    }

    private static ReadOnlyMemory<byte>? Group(OffsetAddress address) =>
        address.ReaderCase is OffsetAddress.ReaderOneofCase.Group ? Names.Encode(Names.Identifier(address.Group)) : (ReadOnlyMemory<byte>?)null; // a bare null would be memory too, of nothing
}
