namespace Sous.Plugins.Host.Credentials;

/// <summary>The keys or what they protect forbid a start. Nothing was written; the process ends with 78.</summary>
/// <param name="message">One plain sentence that says what is wrong and what to do; free of secrets.</param>
internal sealed class BootGateException(string message, Exception? inner = null) : Exception(message, inner);
