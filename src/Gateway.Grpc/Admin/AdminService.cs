using Grpc.Core;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Grpc.Calls;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Grpc.Admin;

/// <summary>The server, its streams and its users: the same commands as over HTTP and the wire, in the form of gRPC. One file for each subject.</summary>
internal sealed partial class AdminService(
    SystemCommands system, SnapshotCommand snapshots, StreamCommands streams, TopicCommands topics, MessageCommands messages, ConsumerGroupCommands groups, UserCommands users, TokenCommands tokens,
    ResourcePatches patches, GatewayEndpoints endpoints) : V1.Admin.AdminBase
{
    private static Session Caller(ServerCallContext context) => CallState.Of(context).Session;
}
