using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Iggy.Gateway.Grpc.Bodies;
using Iggy.Primitives;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Messages;

/// <summary>The calls that carry messages, with their own way of reading and writing: generated code would make an object and a copy of each message.</summary>
internal sealed class MessagesMethods(TimeProvider clock) : IServiceMethodProvider<MessagesService>
{
    private const int DeliveryField = 2; // of SubscribeResponse

    /// <inheritdoc/>
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<MessagesService> context)
    {
        var name = MessagesReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.ServiceDescriptor>("Messages").FullName;
        var send = Marshallers.Create<SendFrame>(NotWritten, Read);
        context.AddUnaryMethod(
            new Method<SendFrame, SendResponse>(MethodType.Unary, name, "Send", send, Of(SendResponse.Parser)), [], static (service, request, call) => service.SendAsync(request, call));
        context.AddDuplexStreamingMethod(
            new Method<SendFrame, PublishResponse>(MethodType.DuplexStreaming, name, "Publish", send, Of(PublishResponse.Parser)), [],
            static (service, requests, answers, call) => service.PublishAsync(requests, answers, call));
        context.AddUnaryMethod(
            new Method<PollRequest, PolledFrame>(MethodType.Unary, name, "Poll", Of(PollRequest.Parser), Marshallers.Create<PolledFrame>(Write, NotRead<PolledFrame>)), [],
            static (service, request, call) => service.PollAsync(request, call));
        context.AddDuplexStreamingMethod(
            new Method<SubscribeRequest, SubscribeFrame>(
                MethodType.DuplexStreaming, name, "Subscribe", Of(SubscribeRequest.Parser), Marshallers.Create<SubscribeFrame>(Write, NotRead<SubscribeFrame>)), [],
            static (service, requests, answers, call) => service.SubscribeAsync(requests, answers, call));
    }

    private SendFrame Read(DeserializationContext context) =>
        SendFrame.Read(context.PayloadAsReadOnlySequence(), clock.UnixMicros());

    private static void Write(PolledFrame polled, SerializationContext context)
    {
        context.SetPayloadLength(polled.Size);
        var writer = new FieldWriter(context.GetBufferWriter());
        polled.Write(ref writer);
        writer.Finish();
        context.Complete();
    }

    private static void Write(SubscribeFrame frame, SerializationContext context)
    {
        if (frame.Delivery is not { } delivery)
        {
            Write(frame.Event!, context);
            return;
        }
        context.SetPayloadLength(FieldWriter.BytesSize(delivery.Size));
        var writer = new FieldWriter(context.GetBufferWriter());
        writer.Head(DeliveryField, delivery.Size);
        delivery.Write(ref writer);
        writer.Finish();
        context.Complete();
    }

    private static void Write(IMessage message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }

    private static Marshaller<T> Of<T>(MessageParser<T> parser) where T : class, IMessage<T> =>
        Marshallers.Create<T>(static (message, context) => Write(message, context), context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    private static void NotWritten(SendFrame frame, SerializationContext context) => throw new NotSupportedException("This server sends no requests.");

    private static T NotRead<T>(DeserializationContext context) => throw new NotSupportedException("This server reads no answers.");
}
