using Iggy.V1;

namespace Iggy.Gateway.Grpc.Bodies;

/// <summary>What a subscriber is told: messages, or anything else.</summary>
/// <param name="Event">Anything else.</param>
/// <param name="Delivery">Messages; owned by whoever sends it.</param>
internal sealed record SubscribeFrame(SubscribeResponse? Event, PolledFrame? Delivery);
