namespace Sous.Plugins.Sdk;

/// <summary>
/// Makes drivers: one factory per assembly, named by <see cref="SousDriverAttribute"/>, with a parameterless constructor,
/// no state and no I/O. What it can do beyond that it says by implementing <see cref="Authorization.ITokenMessages"/> or
/// <see cref="Webhooks.IWebhookReceiver"/>. Called from many threads at once.
/// </summary>
public interface IDriverFactory
{
    /// <summary>Makes the driver of one connection. Does no I/O and starts no thread, timer or task.</summary>
    /// <param name="context">What the host lends for as long as the driver lives; the host disposes of it, not the driver.</param>
    IDriver Create(DriverContext context);
}
