using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Iggy.Gateway.Errors;
using Iggy.Protocol;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>The one place where a code of the protocol becomes a status of gRPC, with the code and its name in an <c>ErrorInfo</c>.</summary>
internal static class GrpcErrors
{
    private const string Domain = "iggy";

    /// <summary>The status of an error.</summary>
    public static StatusCode Status(IggyError error) => error switch
    {
        IggyError.Unauthenticated or IggyError.InvalidCredentials or IggyError.InvalidPersonalAccessToken or IggyError.PersonalAccessTokenExpired
            or IggyError.AccessTokenMissing or IggyError.InvalidAccessToken => StatusCode.Unauthenticated,
        IggyError.Unauthorized or IggyError.UserInactive => StatusCode.PermissionDenied,
        IggyError.ResourceNotFound or IggyError.ClientNotFound or IggyError.StreamIdNotFound or IggyError.TopicIdNotFound or IggyError.PartitionNotFound
            or IggyError.ConsumerOffsetNotFound or IggyError.SegmentNotFound or IggyError.ConsumerGroupIdNotFound or IggyError.ConsumerGroupNameNotFound => StatusCode.NotFound,
        IggyError.StreamNameAlreadyExists or IggyError.TopicNameAlreadyExists or IggyError.ConsumerGroupNameAlreadyExists or IggyError.UserAlreadyExists
            or IggyError.PersonalAccessTokenAlreadyExists => StatusCode.AlreadyExists,
        IggyError.UsersLimitReached or IggyError.PersonalAccessTokensLimitReached or IggyError.DeferredPollCapacityExceeded or IggyError.CannotCreateStream or IggyError.CannotCreateTopic
            or IggyError.CannotCreateConsumerGroupInfo => StatusCode.ResourceExhausted,
        IggyError.ConsumerGroupMemberNotFound or IggyError.NotResolvedConsumer or IggyError.StaleClient or IggyError.HistoryUnavailable or IggyError.PartitionResizeDisabled
            or IggyError.CannotDeleteUser or IggyError.CannotChangePermissions => StatusCode.FailedPrecondition,
        IggyError.InvalidOffset => StatusCode.OutOfRange,
        IggyError.CannotAppendMessage or IggyError.TransientNotAccepted => StatusCode.Unavailable,
        IggyError.TaskTimeout => StatusCode.DeadlineExceeded,
        IggyError.InvalidMessageChecksum => StatusCode.DataLoss,
        IggyError.Error or IggyError.IoError or IggyError.SnapshotFileCompletionFailed => StatusCode.Internal,
        _ => StatusCode.InvalidArgument,
    };

    /// <summary>An error as clients get it.</summary>
    /// <param name="error">The code.</param>
    /// <param name="status">Where it is not that of the code.</param>
    /// <param name="reason">For people; made from the code's name when null.</param>
    public static Google.Rpc.Status Of(IggyError error, StatusCode? status = null, string? reason = null) => new()
    {
        Code = (int)(status ?? Status(error)),
        Message = reason ?? ErrorNames.Of(error).Replace('_', ' '),
        Details = { Any.Pack(Info(error)) },
    };

    /// <summary>The name that <c>ErrorInfo</c> has.</summary>
    public static string Reason(IggyError error) => ErrorNames.Of(error).ToUpperInvariant();

    /// <summary>As an exception, for the framework to answer with.</summary>
    public static RpcException Exception(IggyError error, StatusCode? status = null, string? reason = null) => Of(error, status, reason).ToRpcException();

    /// <summary>Answers a call before anything of it was read.</summary>
    public static void Answer(HttpResponse response, Google.Rpc.Status status)
    {
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = status.Code.ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = System.Uri.EscapeDataString(status.Message);
        response.Headers["grpc-status-details-bin"] = System.Convert.ToBase64String(status.ToByteArray());
    }

    private static ErrorInfo Info(IggyError error) => new()
    {
        Reason = Reason(error), Domain = Domain, Metadata = { ["code"] = ((uint)error).ToString(CultureInfo.InvariantCulture) },
    };
}
