namespace Iggy.Gateway.Listeners;

/// <summary>A web listener could not be opened at its address. The message names the setting, the address and the reason.</summary>
public sealed class AddressUnavailableException(string message, Exception inner) : Exception(message, inner);
