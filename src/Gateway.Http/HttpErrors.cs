using Iggy.Gateway.Errors;
using Iggy.Protocol;

namespace Iggy.Gateway.Http;

/// <summary>The one place where a code of the protocol becomes an HTTP status and an error body.</summary>
internal static class HttpErrors
{
    /// <summary>What a read of something that is not there gets; 404 is no code of the protocol's table.</summary>
    public static ErrorReply NotFound { get; } = new(404, "not_found", "Resource not found", null);

    /// <summary>What a request that came too many at a time gets, in the form of the 0.9 line: the id is the status.</summary>
    public static ErrorReply TooMany(string reason) => new(429, "too_many_requests", reason, null);

    /// <summary>The status of an error. Apache Iggy 0.8 answers none with 5xx, 409 or 429, and its clients give up or lose the answer on some of them.</summary>
    public static int Status(IggyError error) => error switch
    {
        IggyError.Unauthenticated or IggyError.InvalidPersonalAccessToken or IggyError.AccessTokenMissing or IggyError.InvalidAccessToken => 401,
        IggyError.Unauthorized => 403,
        IggyError.ResourceNotFound or IggyError.ClientNotFound or IggyError.StreamIdNotFound or IggyError.TopicIdNotFound or IggyError.PartitionNotFound
            or IggyError.ConsumerOffsetNotFound or IggyError.SegmentNotFound or IggyError.ConsumerGroupIdNotFound or IggyError.ConsumerGroupNameNotFound
            or IggyError.ConsumerGroupMemberNotFound => 404,
        IggyError.DeferredPollCapacityExceeded or IggyError.TransientNotAccepted => 503, // of the 0.10 line, whose clients ask again
        _ => 400,
    };

    /// <summary>The body of an error.</summary>
    /// <param name="error">The code.</param>
    /// <param name="reason">For people; made from the code's name when null.</param>
    /// <param name="field">What of the body the reason is about, where that is known.</param>
    public static ErrorReply Body(IggyError error, string? reason = null, string? field = null) =>
        new((uint)error, ErrorNames.Of(error), reason ?? Sentence(ErrorNames.Of(error)), field ?? Field(error));

    // Which field of a form the web UI shows the reason at.
    private static string? Field(IggyError error) => error switch
    {
        IggyError.StreamIdNotFound or IggyError.InvalidStreamId => "stream_id",
        IggyError.TopicIdNotFound or IggyError.InvalidTopicId => "topic_id",
        IggyError.PartitionNotFound => "partition_id",
        IggyError.SegmentNotFound => "segment_id",
        IggyError.ClientNotFound => "client_id",
        IggyError.StreamNameAlreadyExists or IggyError.InvalidStreamName or IggyError.TopicNameAlreadyExists or IggyError.InvalidTopicName
            or IggyError.ConsumerGroupNameAlreadyExists or IggyError.PersonalAccessTokenAlreadyExists => "name",
        IggyError.UserAlreadyExists => "username",
        IggyError.InvalidOffset => "offset",
        IggyError.InvalidConsumerGroupId => "consumer_group_id",
        _ => null,
    };

    private static string Sentence(string code) => string.Concat(char.ToUpperInvariant(code[0]).ToString(), code.AsSpan(1).ToString().Replace('_', ' '), ".");
}

/// <summary>A request that cannot be taken as it is, before any command sees it.</summary>
/// <param name="status">400, 404, 405, 413, 415, 422 or 429.</param>
/// <param name="reason">For people.</param>
/// <param name="field">What of the body is wrong, where that is known.</param>
internal sealed class RequestRejectedException(int status, string reason, string? field = null) : Exception(reason)
{
    /// <summary>The field of the body that is missing or wrong, or null.</summary>
    public string? Field { get; } = field;

    /// <summary>What the answer's status is.</summary>
    public int Status { get; } = status;
}
