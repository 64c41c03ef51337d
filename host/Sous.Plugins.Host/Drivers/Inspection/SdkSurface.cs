using System.Reflection.Metadata;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>The types and members of this host's SDK, as a driver's metadata names them.</summary>
internal sealed class SdkSurface
{
    public const string AssemblyName = "Sous.Plugins.Sdk";

    private static readonly Lazy<SdkSurface> Read = new(() => new SdkSurface());

    /// <summary>By type: its members, and the name of its base where that is the SDK's own.</summary>
    private readonly Dictionary<string, Known> _types = new(StringComparer.Ordinal);

    private SdkSurface()
    {
        var path = typeof(IDriver).Assembly.Location;
        using var file = ManagedFile.TryOpen(path, out var reason) ?? throw new InvalidOperationException($"{path} {reason}.");
        var reader = file.Reader;
        foreach (var handle in reader.TypeDefinitions)
        {
            var type = reader.GetTypeDefinition(handle);
            var members = new HashSet<string>(StringComparer.Ordinal);
            foreach (var one in type.GetMethods())
            {
                var method = reader.GetMethodDefinition(one);
                members.Add(SignatureText.Describe(reader.GetString(method.Name), method.DecodeSignature(SignatureText.Provider, null)));
            }

            foreach (var one in type.GetFields())
            {
                var field = reader.GetFieldDefinition(one);
                members.Add($"{field.DecodeSignature(SignatureText.Provider, null)} {reader.GetString(field.Name)}");
            }

            _types[SignatureText.NameOf(reader, handle)] = new Known(members, BaseOf(reader, type));
        }
    }

    public static SdkSurface Current => Read.Value;

    /// <summary>What an assembly uses of the SDK that this SDK does not have.</summary>
    public IEnumerable<string> FindMissing(ManagedFile file)
    {
        var reader = file.Reader;
        var missing = new HashSet<string>(StringComparer.Ordinal);
        foreach (var handle in reader.TypeReferences)
        {
            if (IsOfSdk(reader, handle) && SignatureText.NameOf(reader, handle) is var type && !_types.ContainsKey(type))
            {
                missing.Add(type);
            }
        }

        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (FindParent(reader, member) is { } parent && !missing.Contains(parent) && Spell(reader, member) is var spelt && !Has(parent, spelt))
            {
                missing.Add($"{parent}: {spelt}");
            }
        }

        return missing.Order(StringComparer.Ordinal);
    }

    private sealed record Known(HashSet<string> Members, string? Base);

    private static string? BaseOf(MetadataReader reader, TypeDefinition type) => type.BaseType switch
    {
        { IsNil: true } => null,
        { Kind: HandleKind.TypeDefinition } own => SignatureText.NameOf(reader, (TypeDefinitionHandle)own),
        { Kind: HandleKind.TypeReference } other => SignatureText.NameOf(reader, (TypeReferenceHandle)other),
        var generic => ReadGenericType(reader, (TypeSpecificationHandle)generic) is { Kind: HandleKind.TypeDefinition } own
            ? SignatureText.NameOf(reader, (TypeDefinitionHandle)own)
            : null,
    };

    private bool Has(string? type, string member)
    {
        while (type is not null && _types.TryGetValue(type, out var known))
        {
            if (known.Members.Contains(member))
            {
                return true;
            }

            type = known.Base;
        }

        // The framework's own base types are judged by the target framework; only what plainly cannot come from one is missing.
        return type is not (null or "System.Object" or "System.ValueType" or "System.Enum");
    }

    private static string Spell(MetadataReader reader, MemberReference member)
    {
        var name = reader.GetString(member.Name);
        return member.GetKind() == MemberReferenceKind.Method
            ? SignatureText.Describe(name, member.DecodeMethodSignature(SignatureText.Provider, null))
            : $"{member.DecodeFieldSignature(SignatureText.Provider, null)} {name}";
    }

    /// <summary>The SDK's type that a member belongs to, or null where it is another assembly's.</summary>
    private static string? FindParent(MetadataReader reader, MemberReference member)
    {
        var parent = member.Parent.Kind == HandleKind.TypeSpecification ? ReadGenericType(reader, (TypeSpecificationHandle)member.Parent) : member.Parent;
        return parent.Kind == HandleKind.TypeReference && IsOfSdk(reader, (TypeReferenceHandle)parent)
            ? SignatureText.NameOf(reader, (TypeReferenceHandle)parent)
            : null;
    }

    private static bool IsOfSdk(MetadataReader reader, TypeReferenceHandle handle) => reader.GetTypeReference(handle).ResolutionScope switch
    {
        { Kind: HandleKind.TypeReference } parent => IsOfSdk(reader, (TypeReferenceHandle)parent),
        { Kind: HandleKind.AssemblyReference } assembly => reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)assembly).Name) == AssemblyName,
        _ => false,
    };

    /// <summary>The open type of a generic one; nil where the signature is of another kind (an array, say).</summary>
    public static EntityHandle ReadGenericType(MetadataReader reader, TypeSpecificationHandle handle)
    {
        var blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadCompressedInteger() != (int)SignatureTypeCode.GenericTypeInstance)
        {
            return default;
        }

        blob.ReadCompressedInteger();
        return blob.ReadTypeHandle();
    }
}
