namespace Sous.Plugins.Sdk;

/// <summary>One kind of record that a driver offers. Compared as bytes.</summary>
/// <param name="Value">The name as it stands in the manifest, the API and the tables.</param>
public readonly record struct StreamName(string Value)
{
    /// <summary>Sales, each a whole order with its payments and refunds.</summary>
    public static StreamName Sales => new("sales");

    /// <summary>Items, categories and modifier groups.</summary>
    public static StreamName Catalog => new("catalog");

    /// <summary>Files and folders of a storage service.</summary>
    public static StreamName Files => new("files");

    /// <summary>The name.</summary>
    public override string ToString() => Value;
}
