namespace Sous.Plugins.Sdk.Pos;

/// <summary>One service charge.</summary>
public sealed record ServiceCharge
{
    /// <summary>The charge at the service, or null.</summary>
    public string? Id { get; init; }

    /// <summary>Its name on the receipt.</summary>
    public required string Name { get; init; }

    /// <summary>Its amount without additive tax.</summary>
    public required Money Amount { get; init; }

    /// <summary>Whether it goes to the staff as a tip does.</summary>
    public required bool IsGratuity { get; init; }

    /// <summary>Its tax, additive and included together.</summary>
    public required Money Tax { get; init; }
}
