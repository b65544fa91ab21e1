using Grpc.Core;
using Grpc.Core.Interceptors;
using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces;
using Iggy.Protocol;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>Makes a status of every exception of a service.</summary>
internal sealed partial class CallErrors(ILogger<CallErrors> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception failed)
        {
            throw Answer(context, failed);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception failed)
        {
            throw Answer(context, failed);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception failed)
        {
            throw Answer(context, failed);
        }
    }

    /// <summary>What an exception says, for answers inside a stream.</summary>
    /// <param name="method">Where it happened.</param>
    /// <param name="failed">Any.</param>
    public IggyError ErrorOf(string method, Exception failed)
    {
        switch (failed)
        {
            case CommandRefusedException refused:
                return refused.Error;
            case RefusedException refused:
                LogRefused(logger, method, refused.Reason, refused.Message);
                return RefusalTable.ToError(refused.Reason);
            case var _ when Unreachable.Is(failed):
                LogLate(logger, method, failed);
                return IggyError.TaskTimeout;
            default:
                LogFailed(logger, method, failed);
                return IggyError.Error;
        }
    }

    private RpcException Answer(ServerCallContext context, Exception failed)
    {
        var state = CallState.Of(context);
        switch (failed)
        {
            case RpcException rpc:
                state.Error = IggyError.InvalidCommand;
                return rpc;
            case RefusedException { Reason: Refusal.TooManyLogins } many:
                state.Error = IggyError.TaskTimeout;
                return GrpcErrors.Exception(IggyError.TaskTimeout, StatusCode.ResourceExhausted, many.Message);
            case var _ when state.Stopping.IsCancellationRequested && failed is OperationCanceledException:
                return new RpcException(new Status(StatusCode.Unavailable, "The server stops."));
            case var _ when context.CancellationToken.IsCancellationRequested && failed is OperationCanceledException or IOException or InvalidOperationException:
                return new RpcException(Status.DefaultCancelled); // the client left, or its deadline is over, which the framework says itself
            default:
                state.Error = ErrorOf(context.Method, failed);
                return GrpcErrors.Exception(state.Error);
        }
    }

    [LoggerMessage(3261, LogLevel.Debug, "{Method} was refused as {Reason}: {Text}")]
    private static partial void LogRefused(ILogger logger, string method, Refusal reason, string text);

    [LoggerMessage(3262, LogLevel.Warning, "{Method} got no answer from its grain in time; its outcome is unknown")]
    private static partial void LogLate(ILogger logger, string method, Exception exception);

    [LoggerMessage(3263, LogLevel.Error, "{Method} failed")]
    private static partial void LogFailed(ILogger logger, string method, Exception exception);
}
