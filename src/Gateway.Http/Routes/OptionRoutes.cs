using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Http.Routes;

/// <summary>Which options can be set. Of the 0.9 line.</summary>
internal sealed class OptionRoutes : IApiRoutes
{
    private const int Scope = 1; // segment of the path

    public string Tag => "Options";

    public void AddTo(ApiRoutes routes) => routes.Get("/options/{scope}", "Lists the options of topics, streams or users.", ListAsync, typeof(OptionDescriptionReply[]));

    private static Task ListAsync(HttpCall call)
    {
        OptionScope? scope = call.Text(Scope) switch
        {
            "topic" => OptionScope.Topic,
            "stream" => OptionScope.Stream,
            "user" => OptionScope.User,
            _ => null,
        };
        return scope is { } known ? call.AnswerAsync(OptionsJson.Describe(known), ApiJson.Wire.OptionDescriptionReplyArray) : call.NothingAsync();
    }
}
