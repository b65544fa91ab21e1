namespace Iggy.Client;

/// <summary>An <see cref="IggyProducer"/> has no room for a message; it was not taken.</summary>
/// <param name="message">The bound that was met.</param>
/// <param name="innerException">The wait that was over, if there was one.</param>
public sealed class ProducerFullException(string message, Exception? innerException = null) : Exception(message, innerException);
