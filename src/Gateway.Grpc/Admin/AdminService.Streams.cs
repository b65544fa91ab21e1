using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Protocol;
using Iggy.V1;
using Stream = Iggy.V1.Stream;

namespace Iggy.Gateway.Grpc.Admin;

// Streams.
internal sealed partial class AdminService
{
    public override async Task<ListStreamsResponse> ListStreams(ListStreamsRequest request, ServerCallContext context) =>
        new() { Streams = { (await streams.ListAsync(Caller(context))).Select(ToStream) } };

    public override async Task<CreateStreamResponse> CreateStream(CreateStreamRequest request, ServerCallContext context)
    {
        Demand(request.Name, IggyError.InvalidStreamName);
        return new CreateStreamResponse { Stream = ToStream(await streams.CreateAsync(Caller(context), request.Name)) };
    }

    public override async Task<GetStreamResponse> GetStream(GetStreamRequest request, ServerCallContext context)
    {
        var view = await streams.FindAsync(Caller(context), Names.Identifier(request.Stream)) ?? throw new CommandRefusedException(IggyError.StreamIdNotFound);
        return new GetStreamResponse { Stream = ToStream(view), Topics = { view.Topics.Select((topic, i) => ToTopic(new TopicView(topic, view.Figures[i]))) } };
    }

    public override async Task<UpdateStreamResponse> UpdateStream(UpdateStreamRequest request, ServerCallContext context)
    {
        Demand(request.Name, IggyError.InvalidStreamName);
        await streams.UpdateAsync(Caller(context), Names.Identifier(request.Stream), request.Name);
        return new UpdateStreamResponse();
    }

    public override async Task<DeleteStreamResponse> DeleteStream(DeleteStreamRequest request, ServerCallContext context)
    {
        await streams.DeleteAsync(Caller(context), Names.Identifier(request.Stream));
        return new DeleteStreamResponse();
    }

    public override async Task<PurgeStreamResponse> PurgeStream(PurgeStreamRequest request, ServerCallContext context)
    {
        await streams.PurgeAsync(Caller(context), Names.Identifier(request.Stream));
        return new PurgeStreamResponse();
    }

    private static Stream ToStream(StreamView view) => new()
    {
        Id = view.Stream.Id, Name = view.Stream.Name, CreatedAtMicros = view.Stream.CreatedAtMicros, SizeBytes = view.SizeBytes, MessagesCount = view.MessagesCount,
        TopicsCount = (uint)view.Topics.Length,
    };

    private static void Demand(string name, IggyError refusal)
    {
        if (!Names.IsName(name))
            throw new CommandRefusedException(refusal);
    }
}
