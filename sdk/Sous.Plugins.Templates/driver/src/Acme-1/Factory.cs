using Sous.Plugins.Sdk;

[assembly: SousDriver("acme-id", typeof(Acme_1.Factory), Contract = "1.0")]

namespace Acme_1;

/// <summary>Makes a driver for each connection. It has no state and asks nobody anything.</summary>
public sealed class Factory : IDriverFactory
{
    /// <inheritdoc/>
    public IDriver Create(DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Driver(new Api(context));
    }
}
