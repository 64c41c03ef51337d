namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>A host that was named rightly but leads into a private network. Below the driver only: it sees a DriverException.</summary>
internal sealed class EgressRefusedException(string message) : Exception(message);
