using System.Text.Json;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>From answers to the errors of the protocol.</summary>
internal static class HttpErrors
{
    // In the body of a 404 that has no code of the protocol.
    private const uint General = 404;

    /// <summary>The refusal that an answer is; null for a success.</summary>
    /// <param name="answer">The answer; owned by the caller.</param>
    /// <param name="missing">What a 404 without a code of its own means.</param>
    /// <param name="code">What was asked for.</param>
    public static IggyException? Find(HttpAnswer answer, IggyError missing, CommandCode code)
    {
        if (answer.Status is >= 200 and < 300)
            return null;
        var error = Read(answer);
        var refusal = (answer.Status, error?.Id) switch
        {
            (404, General) => missing,
            (_, { } id) => (IggyError)id,
            (401, _) => IggyError.Unauthenticated,
            (403, _) => IggyError.Unauthorized,
            (404 or 405, _) => IggyError.FeatureUnavailable, // not a path of this server
            _ => IggyError.HttpResponseError, // not from the API: another server, or something in between
        };
        return new(refusal, $"The server refused {code}: {refusal} ({(uint)refusal}), {error?.Reason ?? "without a reason"} (HTTP {answer.Status}).");
    }

    private static ErrorShape? Read(HttpAnswer answer)
    {
        try
        {
            return answer.Body.Length == 0 ? null : ApiReplies.Parse(answer.Body.Written.Span, ApiShapes.Wire.ErrorShape);
        }
        catch (JsonException)
        {
            return null; // the status alone speaks
        }
    }
}
