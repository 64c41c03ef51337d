namespace Sous.Plugins.Sdk;

/// <summary>
/// Names the one driver of an assembly. The host reads it from metadata, before any code of the assembly runs,
/// so its arguments stay constants.
/// </summary>
/// <param name="id">The driver's id, <c>^[a-z0-9-]{1,40}$</c>; the same as in driver.json.</param>
/// <param name="factory">A public class with a parameterless constructor that implements <see cref="IDriverFactory"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class SousDriverAttribute(string id, Type factory) : Attribute
{
    /// <summary>The driver's id, <c>^[a-z0-9-]{1,40}$</c>.</summary>
    public string Id { get; } = id;

    /// <summary>The class that makes the driver.</summary>
    public Type Factory { get; } = factory;

    /// <summary>The contract that the driver was written against, <c>major.minor</c>; a host takes its own major and any minor up to its own.</summary>
    public string Contract { get; set; } = "1.0";
}
