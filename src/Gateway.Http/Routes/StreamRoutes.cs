using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Protocol;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Streams.</summary>
internal sealed class StreamRoutes(StreamCommands streams) : IApiRoutes
{
    private const int Stream = 1; // segment of the path

    public string Tag => "Streams";

    public void AddTo(ApiRoutes routes)
    {
        routes.Get("/streams", "Lists streams.", ListAsync, typeof(StreamReply[]));
        routes.Post("/streams", "Makes a stream.", CreateAsync, typeof(NameBody), typeof(StreamDetailsReply));
        routes.Get("/streams/{stream}", "Shows a stream with its topics.", GetAsync, typeof(StreamDetailsReply));
        routes.Put("/streams/{stream}", "Gives a stream another name.", UpdateAsync, typeof(NameBody));
        routes.Delete("/streams/{stream}", "Removes a stream.", DeleteAsync);
        routes.Delete("/streams/{stream}/purge", "Empties a stream.", PurgeAsync);
    }

    private async Task ListAsync(HttpCall call)
    {
        var list = await streams.ListAsync(call.Session);
        await call.AnswerAsync([.. list.Select(Reply)], ApiJson.Wire.StreamReplyArray);
    }

    private async Task GetAsync(HttpCall call)
    {
        await call.FoundAsync(await streams.FindAsync(call.Session, call.Identifier(Stream)) is { } stream ? Details(stream) : null, ApiJson.Wire.StreamDetailsReply);
    }

    private async Task CreateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.NameBody);
        CommandRefusedException.ThrowIf(ResourcePatches.CheckNewStream(OptionsJson.ToPairs(body.Options)));
        var name = NameOf(body with { Options = null });
        await call.AnswerAsync(Details(await streams.CreateAsync(call.Session, name)), ApiJson.Wire.StreamDetailsReply);
    }

    private async Task UpdateAsync(HttpCall call)
    {
        var body = await call.ReadAsync(ApiJson.Wire.NameBody);
        var stream = call.Identifier(Stream);
        await call.DoneAsync(streams.UpdateAsync(call.Session, stream, NameOf(body)));
    }

    private Task DeleteAsync(HttpCall call) => call.DoneAsync(streams.DeleteAsync(call.Session, call.Identifier(Stream)));

    private Task PurgeAsync(HttpCall call) => call.DoneAsync(streams.PurgeAsync(call.Session, call.Identifier(Stream)));

    private static string NameOf(NameBody body)
    {
        OptionsJson.DemandNone(body.Options);
        return HttpValues.IsName(body.Name) ? body.Name : throw new CommandRefusedException(IggyError.InvalidStreamName);
    }

    private static StreamReply Reply(StreamView view) => new(
        view.Stream.Id, view.Stream.CreatedAtMicros, view.Stream.Name, view.SizeBytes, view.MessagesCount, (uint)view.Topics.Length);

    private static StreamDetailsReply Details(StreamView view) => new(
        view.Stream.Id, view.Stream.CreatedAtMicros, view.Stream.Name, view.SizeBytes, view.MessagesCount, (uint)view.Topics.Length,
        [.. view.Topics.Select((topic, i) => TopicRoutes.Reply(new TopicView(topic, view.Figures[i])))]);
}
